import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ASK, checkName, countLines, WALL } from './sizes.ts'
import { listFiles, readSources } from './tree.ts'

test(`no file of src is longer than ${WALL} lines`, () => {
  const sizes = readSources().map(({ path, text }) => ({ path, lines: countLines(text) }))
  const long = sizes.filter(({ lines }) => lines > ASK)
  for (const { path, lines } of long) console.log(`one idea? src/${path} has ${lines} lines`)
  assert.deepEqual(long.filter(({ lines }) => lines > WALL), [])
})

test('files of src are named in snake_case, and for what they hold', () => {
  assert.deepEqual(listFiles('src').map(checkName).filter(Boolean), [])
})

test('checkName() refuses other cases and words that name nothing', () => {
  for (const path of ['cli/apiClient.ts', 'cli/Terminal.ts', 'cli/api-client.ts', 'cli/a.js']) {
    assert.match(checkName(path) ?? '', /snake_case/, path)
  }
  for (
    const path of ['cli/utils.ts', 'base/string_helpers.ts', 'common/a.ts', 'host/run_manager.ts']
  ) {
    assert.match(checkName(path) ?? '', /names nothing/, path)
  }
  for (const path of ['cli/api_client.ts', 'guest/engine.d.ts', 'sandbox/guest.generated.ts']) {
    assert.equal(checkName(path), undefined, path)
  }
})

test('countLines() counts lines, ended or not', () => {
  assert.equal(countLines(''), 1)
  assert.equal(countLines('a\n'), 1)
  assert.equal(countLines('a\nb'), 2)
})
