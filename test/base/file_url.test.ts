import { fileUrl } from '#base'
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import fc from 'fast-check'

test('fileUrl() writes URLs that lead back to the path, and whose parts are its parts', () => {
  for (
    const path of ['/', '/a b/ä#?%20;+&=@:~.ts', '/a\\b', '/a\n\t\r', '/x|y^z`{}"<>[]', '/%2e%2e/x']
  ) {
    assert.equal(fileURLToPath(fileUrl(path)), path)
  }
  // Names that a path can have: no zero, no slash, and neither of the two that a URL takes for steps.
  const name = fc.string({ unit: 'grapheme', minLength: 1 })
    .filter((each) => !/[\0/]/.test(each) && each !== '.' && each !== '..')
  fc.assert(fc.property(fc.array(name), (names) => {
    const path = `/${names.join('/')}`
    const url = new URL(fileUrl(path))
    assert.deepEqual([url.search, url.hash, url.host], ['', '', ''])
    assert.equal(fileURLToPath(url), path)
    assert.equal(url.pathname.split('/').length, path.split('/').length)
  }))
})
