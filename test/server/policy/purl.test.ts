import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePurl, renderPurl } from '../../../src/server/policy/purl.ts'

const CASES = [
  ['npm', '@acme/widgets', '1.2.3-final+b', 'pkg:npm/%40acme/widgets@1.2.3-final%2Bb'],
  ['pypi', 'Django', '4.0', 'pkg:pypi/Django@4.0'],
  ['maven', 'org.apache:commons', '1.0', 'pkg:maven/org.apache/commons@1.0'],
  ['rubygems', 'rails', '7.0', 'pkg:gem/rails@7.0'],
  ['golang', 'github.com/a/b', 'v1.0.0', 'pkg:golang/github.com/a/b@v1.0.0'],
  ['cargo', 'serde', '1.0.0', 'pkg:cargo/serde@1.0.0'],
  ['nuget', 'Newtonsoft.Json', '13.0.1', 'pkg:nuget/Newtonsoft.Json@13.0.1'],
] as const

test('renderPurl() writes the package URL that parsePurl() reads', () => {
  for (const [registry, name, version, purl] of CASES) {
    assert.equal(renderPurl({ registry, name, version }), purl)
    assert.deepEqual(parsePurl(purl), { registry, name, version })
    assert.deepEqual(parsePurl(`${purl}?a=b#c`), { registry, name, version })
  }
  assert.equal(parsePurl('pkg:NPM/@acme/widgets@1')?.name, '@acme/widgets')
})

test('parsePurl() refuses what names no package of a known type with a version', () => {
  for (
    const text of [
      '',
      'npm/a@1',
      'pkg:npm/a',
      'pkg:npm/@1',
      'pkg:docker/a@1',
      'pkg:npm/%zz@1',
      'pkg:npm//@1',
    ]
  ) assert.equal(parsePurl(text), undefined, text)
})
