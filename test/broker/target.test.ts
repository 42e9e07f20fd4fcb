import { parseTarget } from '#broker'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { requestTarget } from '../fuzz/request_targets.ts'
import { fuzzTest } from '../fuzz/target.ts'

const ORIGIN = 'https://api.example'

function refuses(target: string): void {
  assert.throws(() => parseTarget(target, ORIGIN), { code: 'ERR_BROKER_REQUEST' }, target)
}

test('parseTarget() takes a path below the API and leaves it as it is', () => {
  for (
    const path of [
      '/api/v0/groups',
      '/api/v0/groups/a%20b',
      "/api/v0/x'(y)!*",
      '/api/v0/a;b=c',
      '/api/v0/...',
      '/api/v0/100%25',
    ]
  ) {
    const target = parseTarget(`${path}?limit=5&x=%2F..`, ORIGIN)
    assert.equal(target.path, path)
    assert.equal(target.url.href, `${ORIGIN}${path}?limit=5&x=%2F..`)
  }
})

test('C28 parseTarget() refuses whatever could name another host', () => {
  for (
    const target of [
      '//evil.example/x',
      '/\\evil.example/x',
      '\t//evil.example',
      '@evil.example/x',
      'http://evil.example/api/x',
      'https:evil.example',
      '.evil.example/api/x',
      ':80@evil.example/api/x',
      '',
      '*',
      '/api/x#@evil',
      '/api/\u00e9',
      '/api/x\r\nHost: evil',
      '/api/x y',
    ]
  ) refuses(target)
})

test('C29 parseTarget() refuses dot segments and separators in every disguise', () => {
  for (
    const target of [
      '/api/../admin',
      '/api/./x',
      '/api/..',
      '/api/%2e%2e/admin',
      '/api/%2E./admin',
      '/api/.%2e/admin',
      '/api/%252e%252e/admin',
      '/api/%25252e%25252e/admin',
      '/api/%25ff/%252e%252e/admin',
      '/api/%25/%252e%252e/admin',
      '/api/a%252fb%25',
      '/api/..;/admin',
      '/api/..;x=1/admin',
      '/api/%2e%2e;/admin',
      '/api/a%2fb',
      '/api/a%2Fb',
      '/api/a%252fb',
      '/api/a%5cb',
      '/api//x',
      '/api/x//y',
      '/api/x%00y',
      '/api/x%0d%0ay',
      '/api/x%ffy',
      '/api/x%zz',
      '/api/{x}',
      '/api/"x"',
    ]
  ) refuses(target)
})

test('parseTarget() refuses what is not below the API', () => {
  for (
    const target of [
      '/',
      '/api',
      '/apix/y',
      '/locksmith/v1/tokens',
      '/API/v0/x',
      `/api/${'a'.repeat(9000)}`,
    ]
  ) {
    refuses(target)
  }
})

test('parseTarget() never leaves the origin or the prefix, whatever it is given', () => {
  const piece = fc.constantFrom(
    '/',
    '..',
    '.',
    '%2e',
    '%2f',
    '\\',
    '//',
    'api',
    'v0',
    ';',
    '@',
    ':',
    '?',
    '#',
    '%',
    '%25',
    'evil.example',
    '\t',
    '\n',
    ' ',
    'http:',
    '[',
    '☃',
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 12 }),
      (pieces) => {
        const text = `${pieces.length % 2 ? '/api/' : ''}${pieces.join('')}`
        let target
        try {
          target = parseTarget(text, ORIGIN)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'ERR_BROKER_REQUEST')
          return
        }
        assert.equal(target.url.origin, ORIGIN)
        assert.ok(target.path.startsWith('/api/'))
        assert.equal(target.url.pathname, target.path)
        assert.equal(new URL(target.url.href).href, target.url.href)
        assert.ok(!decodeURIComponent(target.path).split('/').includes('..'))
      },
    ),
    { numRuns: 2000 },
  )
})

fuzzTest(requestTarget, 1_000)
