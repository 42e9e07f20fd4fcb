import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from '../../src/guest/turns.ts'

const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

test('M181 createTurns() has so many under way, in order, whether they succeed or fail', async () => {
  const takeTurn = createTurns(3)
  const begun: number[] = []
  const ends: ((isFine: boolean) => void)[] = []
  const all = Array.from({ length: 9 }, (_, i) =>
    takeTurn(() => {
      begun.push(i)
      return new Promise<number>((resolve, reject) => {
        ends[i] = (isFine) => isFine ? resolve(i) : reject(new Error(String(i)))
      })
    }))
  const outcomes = Promise.allSettled(all)
  for (let i = 0; i < 9; i++) {
    await settle()
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8].slice(0, i + 3))
    ends[i]!(i % 2 === 0)
  }
  const statuses = (await outcomes).map(({ status }) => status)
  assert.deepEqual(statuses, begun.map((i) => i % 2 === 0 ? 'fulfilled' : 'rejected'))
})

test('createTurns() lets nobody in who has given up, and loses no turn for it', async () => {
  const takeTurn = createTurns(1)
  let end = () => {}
  const first = takeTurn(() => new Promise<void>((resolve) => end = resolve))
  const leaving = new AbortController()
  const gone = takeTurn(() => Promise.reject(new Error('it ran')), leaving.signal)
  const next = takeTurn(() => Promise.resolve('next'))
  leaving.abort(new Error('given up'))
  await assert.rejects(gone, /given up/)
  await assert.rejects(takeTurn(() => Promise.resolve(), leaving.signal), /given up/)
  end()
  await first
  assert.equal(await next, 'next')
  assert.equal(await takeTurn(() => Promise.resolve('last')), 'last')
})
