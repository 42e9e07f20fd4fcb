import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT } from './tree.ts'

/** Sections that are held by now: first and last number. */
const SECTIONS: Record<string, [number, number]> = {
  A: [1, 18],
  B: [19, 25],
  C: [26, 49],
  D: [50, 67],
  E: [68, 80],
  F: [81, 86],
  G: [87, 93],
  H: [94, 102],
  I: [103, 129],
  J: [130, 145],
  K: [146, 166],
  L: [167, 176],
  M: [177, 189],
  N: [190, 200],
  O: [201, 210],
}

/** Numbers in the names of tests: at the start of a text, one or several. */
function findNumbers(text: string): string[] {
  const names = text.matchAll(/['"`]((?:[A-O]\d{1,3} )+)/g)
  return [...names].flatMap(([, numbers]) => numbers!.trim().split(' '))
}

function findMissing(held: ReadonlySet<string>): string[] {
  return Object.entries(SECTIONS).flatMap(([letter, [first, last]]) =>
    Array.from({ length: last - first + 1 }, (_, i) => `${letter}${first + i}`)
  ).filter((each) => !held.has(each))
}

test('every attack of the sections that are held has a test, or a reason why it waits', () => {
  const files = (readdirSync(join(ROOT, 'test'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.test.ts'))
  const held = new Set(
    files.flatMap((name) => findNumbers(readFileSync(join(ROOT, 'test', name), 'utf8'))),
  )
  const waiting = readFileSync(join(ROOT, 'test/attacks/README.md'), 'utf8').matchAll(
    /^\| ([A-O]\d+) +\|/gm,
  )
  for (const [, number] of waiting) held.add(number!)
  assert.deepEqual(findMissing(held), [])
})

test('findMissing() notices a number that nobody has', () => {
  assert.ok(findMissing(new Set(findNumbers(`test('A1 A2 reads', …)`))).includes('A3'))
  assert.ok(!findMissing(new Set(['A3'])).includes('A3'))
})
