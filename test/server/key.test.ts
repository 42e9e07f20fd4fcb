import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKey, hideKeys, isKey } from '../../src/server/key.ts'

test('generateKey() makes keys of their form, each another one', () => {
  const keys = Array.from({ length: 100 }, generateKey)
  assert.ok(keys.every(isKey))
  assert.equal(new Set(keys).size, keys.length)
})

test('O205 hideKeys() takes what begins like a key out of a path, however it is written', () => {
  const key = generateKey()
  for (
    const written of [
      key,
      key.slice(0, 20),
      `x${key}@example.org`,
      key.toUpperCase(),
      `%70%680_${key.slice(4)}`,
      `ph0%5F${key.slice(4)}`,
      `%ff%70h0_${key.slice(4)}`,
      `%zz${key}`,
    ]
  ) assert.equal(hideKeys(`/api/v0/groups/${written}/members`), '/api/v0/groups/ph0_…/members')
})

test('hideKeys() leaves other paths as they are', () => {
  for (const path of ['/', '/api/v0/groups', '/a%20b/%/%e2%80%ae', '/ph/0_']) {
    assert.equal(hideKeys(path), path)
  }
})
