import { isGranted, parseEndpoint, suggestEndpoint } from '#permissions'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endpointCover, endpointMatcher } from '../fuzz/endpoints.ts'
import { fuzzTest } from '../fuzz/target.ts'

/** A request as text, "GET /groups", against entries of a manifest. */
function grants(entries: readonly string[], request: string): boolean {
  const [method, path] = request.split(' ') as [string, string]
  return isGranted(
    entries.map(parseEndpoint),
    method,
    path.startsWith('/api/') ? path : `/api/v0${path}`,
  )
}

function refuses(entry: string): void {
  assert.throws(() => parseEndpoint(entry), { code: 'ERR_PERMISSIONS_VALUE' }, entry)
}

test('isGranted() allows what an entry names, and nothing else', () => {
  assert.ok(grants(['GET /groups'], 'GET /groups'))
  assert.ok(!grants(['GET /groups'], 'POST /groups'))
  assert.ok(!grants(['GET /groups'], 'GET /groups/'))
  assert.ok(!grants(['GET /groups'], 'GET /groupsx'))
  assert.ok(!grants(['GET /groups'], 'GET /Groups'))
  assert.ok(!grants(['GET /groups'], 'GET /api/v1/groups'))
  assert.ok(grants(['GET /api/v1/groups'], 'GET /api/v1/groups'))
  assert.ok(!grants([], 'GET /groups'))
})

test('isGranted() understands names, modifiers and wildcards', () => {
  assert.ok(grants(['DELETE /groups/:name'], 'DELETE /groups/a%20b'))
  assert.ok(!grants(['DELETE /groups/:name'], 'DELETE /groups/a/members'))
  assert.ok(!grants(['DELETE /groups/:name'], 'DELETE /groups/'))
  assert.ok(!grants(['DELETE /groups/:name'], 'DELETE /groups'))
  assert.ok(grants(['GET /groups/:name?'], 'GET /groups'))
  assert.ok(grants(['GET /groups/:name?'], 'GET /groups/a'))
  assert.ok(grants(['GET /a/:path+'], 'GET /a/b/c'))
  assert.ok(!grants(['GET /a/:path+'], 'GET /a'))
  assert.ok(grants(['GET /a/:path*'], 'GET /a'))
  assert.ok(grants(['GET /data/*'], 'GET /data/jobs/1'))
  assert.ok(!grants(['GET /data/*'], 'GET /data'))
  assert.ok(grants(['GET /files/:name.json'], 'GET /files/a.json'))
  assert.ok(!grants(['GET /files/:name.json'], 'GET /files/a.xml'))
})

test('isGranted() covers HEAD by GET, and each method by "*"', () => {
  assert.ok(grants(['GET /groups'], 'HEAD /groups'))
  assert.ok(!grants(['HEAD /groups'], 'GET /groups'))
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    assert.ok(grants(['* /groups'], `${method} /groups`))
    assert.ok(isGranted(true, method, '/api/v9/x'))
  }
  for (const method of ['TRACE', 'CONNECT', 'OPTIONS', 'get', '', '*', 'GET ']) {
    assert.ok(!isGranted([parseEndpoint('* /groups')], method, '/api/v0/groups'), method)
    assert.ok(!isGranted(true, method, '/api/v0/groups'), method)
  }
})

test('C29 isGranted() never grants a path that a server could read as another', () => {
  const paths = [
    '/api/v0/groups/../users',
    '/api/v0/x/../groups/a',
    '/api/v0/groups/..',
    '/api/v0/groups/.',
    '/api/v0/groups/%2e%2e',
    '/api/v0/groups/%2E.',
    '/api/v0/groups/..;x',
    '/api/v0/groups/..;x/y',
    '/api/v0/groups/%252e%252e/users',
    '/api/v0/groups/a%2fb',
    '/api/v0/groups/a%2Fb',
    '/api/v0/groups/a%5cb',
    '/api/v0/groups/a%252Fb',
    '/api/v0/groups/a%00',
    '/api/v0/groups/%zz',
    '/api/v0/groups/a%0d%0ab',
    '/api/v0/groups//a',
    '/api/v0//groups/a',
    '/api/v0/groups\\a',
    '/api/v0/groups/a?b',
    '/api/v0/groups/a#b',
    '/api/v0/groups/a b',
    '/api/v0/groups/ü',
    '/apix/groups',
    '/admin',
    'api/v0/groups/a',
    '',
  ]
  const wide = [parseEndpoint('* /api/*'), parseEndpoint('* /groups/:name')]
  for (const path of paths) {
    assert.ok(!isGranted(wide, 'GET', path), path)
    assert.ok(!isGranted(true, 'GET', path), path)
  }
  for (const path of ['/api/v0/groups/a', '/api/v0/groups/...', '/api/v0/groups/a.%2Eb%20%25']) {
    assert.ok(isGranted(wide, 'GET', path), path)
  }
})

test('parseEndpoint() refuses what it cannot give one meaning', () => {
  for (
    const entry of [
      '',
      'GET',
      '/groups',
      'GET  /groups',
      ' GET /groups',
      'GET /groups ',
      'GET\t/groups',
      'get /groups',
      'OPTIONS /groups',
      'GET,POST /groups',
      'GET groups',
      'GET https://evil.example/api/v0/groups',
      'GET /../admin',
      'GET /a/./b',
      'GET /a/%2e%2e/b',
      'GET /a//b',
      'GET //evil.example/x',
      'GET /a%2fb',
      'GET /a%zz',
      'GET /groups?limit=5',
      'GET /groups/:name?limit=5',
      'GET /a#b',
      'GET /a/:',
      'GET /a/:1',
      'GET /a/:x/:x',
      'GET /a/:x-:y',
      'GET /a/**',
      'GET /a/*b',
      'GET /a/\\b',
      'GET /a/ü',
      'GET /a/\u202ex',
      'GET /a/\u0000',
      `GET /${'a'.repeat(2000)}`,
    ]
  ) refuses(entry)
})

test('M187 parseEndpoint() refuses patterns over which a match can take hours', () => {
  for (const entry of ['GET /((a+)+)b', 'GET /(.*)', 'GET /{:a-}*x', 'GET /*/*', 'GET /:x*/:y+']) {
    refuses(entry)
  }
  // The worst that passes, against the worst path: this ends at once, or the test does not end.
  const long = `/api/v0${'/a'.repeat(4000)}`
  for (const entry of ['GET /*/b', 'GET /:x*/a/:y/b', 'GET /:x+/b', 'GET /:x.a/*']) {
    assert.ok(!isGranted([parseEndpoint(entry)], 'GET', `${long}/!`), entry)
  }
})

test('suggestEndpoint() writes the shortest entry', () => {
  assert.equal(suggestEndpoint('GET', '/api/v0/groups'), 'GET /groups')
  assert.equal(suggestEndpoint('GET', '/api/v1/groups'), 'GET /api/v1/groups')
  assert.equal(suggestEndpoint('GET', '/api/v0/api/x'), 'GET /api/v0/api/x')
  assert.equal(suggestEndpoint('GET', '/api/v0'), 'GET /api/v0')
  assert.equal(suggestEndpoint('POST', '/api/v0/a:b*c+d(e)'), 'POST /a\\:b\\*c\\+d\\(e\\)')
})

test('suggestEndpoint() grants exactly the request that it was made from', () => {
  const character = fc.constantFrom(..."abcAZ09-._~!$&'()*+,;=:@[]|", '%20', '%25', '%C3%BC', '%2A')
  const segment = fc.array(character, { minLength: 1, maxLength: 6 }).map((all) => all.join(''))
    // What is no dot segment and, decoded twice, no control character: those are granted to nobody.
    .filter((text) => !/^\.{1,2}(;|$)|%(25)+[01][0-9a-f]/i.test(text))
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((all) => `/${all.join('/')}`)
  const base = fc.constantFrom('/api/v0', '/api/v1', '/api/v0/api', '/api')
  fc.assert(
    fc.property(base, path, path, (start, one, other) => {
      const entry = parseEndpoint(suggestEndpoint('PUT', start + one))
      assert.ok(entry.matches('PUT', start + one))
      assert.equal(entry.matches('PUT', start + other), one === other)
      assert.ok(!entry.matches('GET', start + one))
      assert.equal(suggestEndpoint('PUT', start + one), String(entry))
      // With a name behind it, the same text is matched by URLPattern.
      const below = parseEndpoint(`${suggestEndpoint('PUT', start + one)}/:last`)
      assert.ok(below.matches('PUT', `${start}${one}/z`))
      assert.equal(below.matches('PUT', `${start}${other}/z`), one === other)
    }),
    { numRuns: 500 },
  )
})

test('parseEndpoint() reads again what it wrote', () => {
  for (const entry of ['GET /groups', '* /*', 'PUT /api/v1/:a/b', 'GET /api/v0/api/x']) {
    assert.equal(String(parseEndpoint(entry)), entry)
  }
  assert.equal(String(parseEndpoint('GET /api/v0/groups')), 'GET /groups')
})

fuzzTest(endpointMatcher, 500)
fuzzTest(endpointCover, 500)
