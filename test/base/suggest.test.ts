import { suggest } from '#base'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'

const NAMES = ['groups', 'group', 'stream', 'auth', 'server', 'ext']

test('suggest() finds what was meant, nearest first', () => {
  assert.deepEqual(suggest('gruop', NAMES), ['group', 'groups'])
  assert.deepEqual(suggest('grops', NAMES), ['groups'])
  assert.deepEqual(suggest('GROUPS', NAMES), ['groups', 'group'])
  assert.deepEqual(suggest('setver', NAMES), ['server'])
  assert.deepEqual(suggest('ex', NAMES), ['ext'])
})

test('suggest() keeps quiet when nothing is near', () => {
  for (const name of ['', 'x', 'banana', 'constructor', '__proto__', 'g'.repeat(10_000)]) {
    assert.deepEqual(suggest(name, NAMES), [], name)
  }
})

test('suggest() names at most three, each once, and needs no array', () => {
  const many = new Set(['aab', 'aac', 'aad', 'aae', 'aaf'])
  assert.deepEqual(suggest('aaa', many), ['aab', 'aac', 'aad'])
  assert.deepEqual(suggest('aaa', ['aab', 'aab']), ['aab'])
})

test('suggest() finds a longer name again after any one slip', () => {
  const letter = fc.constantFrom(...'abcdefgh')
  const name = fc.array(letter, { minLength: 4, maxLength: 20 })
  fc.assert(fc.property(name, fc.nat(), letter, fc.nat(3), (letters, seed, extra, kind) => {
    const at = seed % (letters.length - 1)
    const slipped = [...letters]
    if (kind === 0) slipped.splice(at, 1)
    else if (kind === 1) slipped.splice(at, 0, extra)
    else if (kind === 2) slipped.splice(at, 1, extra)
    else slipped.splice(at, 2, letters[at + 1]!, letters[at]!)
    assert.deepEqual(suggest(slipped.join(''), [letters.join('')]), [letters.join('')])
  }))
})
