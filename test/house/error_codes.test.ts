import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_CODES } from '../../src/base/mod.ts'
import { findHomelessCodes, findUnusedCodes } from './error_codes.ts'
import { readSources } from './tree.ts'

test('each error code is used', () => {
  assert.deepEqual(findUnusedCodes(ERROR_CODES, readSources()), [])
})

test('each error code says which room to open', () => {
  assert.deepEqual(findHomelessCodes(ERROR_CODES), [])
})

test('no error code is listed twice', () => {
  assert.deepEqual([...new Set(ERROR_CODES)], ERROR_CODES)
})

test('findUnusedCodes() counts neither the lists of codes nor comments', () => {
  const codes = ['ERR_HOST_A', 'ERR_HOST_A_B']
  const judge = (path: string, text: string) => findUnusedCodes(codes, [{ path, text }])
  assert.deepEqual(judge('host/a.ts', "throw new PhylumError('ERR_HOST_A_B', m)"), ['ERR_HOST_A'])
  assert.deepEqual(judge('host/a.ts', "// @throws 'ERR_HOST_A'\nconst ERR_HOST_A_B = 1"), codes)
  assert.deepEqual(judge('base/errors.ts', "['ERR_HOST_A', 'ERR_HOST_A_B']"), codes)
})

test('findHomelessCodes() refuses codes of no room and of no form', () => {
  const bad = [
    'ERR_UTILS_X',
    'ERR_BROKER',
    'BROKER_X',
    'ERR_BROKER_x',
    'ERR_BROKERS_X',
    'ERR_HOST_',
  ]
  assert.deepEqual(findHomelessCodes(bad), bad)
  assert.deepEqual(findHomelessCodes(['ERR_UNEXPECTED', 'ERR_BROKER_DNS', 'ERR_HOST_NO_HOME']), [])
})
