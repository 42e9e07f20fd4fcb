import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareVersions, parseVersion } from '../../../src/server/policy/version.ts'
import { parseRange } from '../../../src/server/policy/version_range.ts'

function holds(range: string, version: string): boolean {
  const parsed = parseRange(range)
  assert.ok(typeof parsed === 'function', `${range}: ${JSON.stringify(parsed)}`)
  const found = parseVersion(version)
  assert.ok(found, version)
  return parsed(found)
}

const CASES: [range: string, within: string, without: string][] = [
  ['1.2.3', '1.2.3 v1.2.3 1.2.3+build.1', '1.2.4 1.2.2 1.2.3-rc.1 1.2.3.1'],
  ['=1.2.3-rc.1', '1.2.3-rc.1', '1.2.3 1.2.3-rc.2 1.2.3-rc.1.0'],
  ['>=1.2', '1.2.0 1.3.0 2', '1.1.9 1.2.0-rc.1'],
  ['>1.2', '1.3.0 2.0.0', '1.2.0 1.2.9 1.1.0'],
  ['>1.2.3', '1.2.4 1.2.3.1 1.2.4-rc', '1.2.3'],
  ['<2', '1.9.9 1.0.0-beta 2.0.0-beta', '2.0.0 2.0.1'],
  ['<=1.2', '1.2.0 1.2.9 1.1', '1.3.0 1.3.0-alpha'],
  ['<=1.2.3', '1.2.3 1.2.3-rc', '1.2.4 1.2.3.1'],
  ['>=1 <3', '1.0.0 2.9.9', '0.9.0 3.0.0'],
  ['>= 1.0.0, < 2.0.0', '1.5.0', '2.0.0'],
  ['^1.2.3', '1.2.3 1.9.0', '1.2.2 2.0.0 2.0.0-rc'],
  ['^0.2.3', '0.2.3 0.2.9', '0.3.0 0.2.2 1.0.0'],
  ['^0.0.3', '0.0.3', '0.0.4 0.0.2'],
  ['^0', '0.0.1 0.9.0', '1.0.0'],
  ['~1.2.3', '1.2.3 1.2.9', '1.3.0 1.2.2'],
  ['~1', '1.0.0 1.9.9', '2.0.0'],
  ['1.x', '1.0.0 1.9.9', '2.0.0 0.9.9'],
  ['1.2.*', '1.2.0 1.2.7', '1.3.0'],
  ['*', '0.0.0 9.9.9 2024.01.01', ''],
  ['1.0.0 - 1.4', '1.0.0 1.4.9', '1.5.0 0.9.9'],
  ['3.3.6 || >=5', '3.3.6 5.0.0 6', '3.3.5 4.0.0'],
  ['2.0', '2.0 2.0.5', '2.1'],
  ['<2.0.0', '2.0.0rc1 2.0.0.dev3', '2.0.0'],
  ['1.2.3.4', '1.2.3.4', '1.2.3.5 1.2.3'],
]

test('parseRange() holds what npm’s ranges hold, and pre-releases by their order', () => {
  for (const [range, within, without] of CASES) {
    for (const version of within.split(' ')) {
      assert.ok(holds(range, version), `${version} is within ${range}`)
    }
    for (const version of without.split(' ').filter((each) => each !== '')) {
      assert.ok(!holds(range, version), `${version} is not within ${range}`)
    }
  }
})

test('parseRange() says what is wrong', () => {
  for (
    const [range, fault] of [
      ['', 'a part of it is empty'],
      ['1 ||', 'a part of it is empty'],
      ['1.0 - 2.0 - 3.0', 'it has more than one " - "'],
      ['latest', '"latest" is no version'],
      ['>=', '">=" is no version'],
      ['1.99999999999999999999', '"1.99999999999999999999" is no version'],
      ['>=1 <x.1', '"<x.1" is no version'],
    ] as const
  ) assert.deepEqual(parseRange(range), { fault }, range)
})

test('parseVersion() takes what has numbers at its front, and nothing else', () => {
  for (const text of ['latest', '', '-1', '1..2', 'abc1', '1.2.3 4', '1.2_3']) {
    assert.equal(parseVersion(text), undefined, text)
  }
  assert.deepEqual(parseVersion('v1.2.3-rc.1+b'), { numbers: [1, 2, 3], prerelease: ['rc', '1'] })
  // A hostile one takes no longer than its length says.
  const begin = performance.now()
  for (
    const text of [`${'1'.repeat(50_000)}!`, `${'1.'.repeat(50_000)}!`, `1-${'a-'.repeat(50_000)}!`]
  ) {
    assert.equal(parseVersion(text), undefined)
  }
  assert.ok(performance.now() - begin < 2000)
})

test('compareVersions() is an order, and that of Semantic Versioning', () => {
  const sorted =
    '1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0'
      .split(' ')
  const versions = sorted.map((text) => parseVersion(text)!)
  for (const [index, version] of versions.entries()) {
    for (const [other, one] of versions.entries()) {
      assert.equal(Math.sign(compareVersions(version, one)), Math.sign(index - other))
    }
  }
  const numbers = fc.array(fc.nat(3), { minLength: 1, maxLength: 4 })
  const prerelease = fc.array(fc.constantFrom('0', '1', 'a', 'rc'), { maxLength: 2 })
  const version = fc.record({ numbers, prerelease })
  fc.assert(fc.property(version, version, version, (a, b, c) => {
    assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0)
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
      assert.ok(compareVersions(a, c) <= 0)
    }
  }))
})
