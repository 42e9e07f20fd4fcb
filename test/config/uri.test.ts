import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPhylumError } from '#base'
import { DEFAULT_API_URI, DEFAULT_SETTINGS, parseApiUri, resolveApiUri } from '#config'
import { createRecordingLog } from '../harness/recording_log.ts'
import { apiUri } from '../fuzz/settings.ts'
import { fuzzTest } from '../fuzz/target.ts'

test('parseApiUri() takes https, and http to this machine', () => {
  const cases: Record<string, string> = {
    'https://api.phylum.io': 'https://api.phylum.io',
    'https://api.phylum.io/': 'https://api.phylum.io',
    'HTTPS://API.Example:443/': 'https://api.example',
    'https://api.example:8443': 'https://api.example:8443',
    'https://[2001:db8::1]': 'https://[2001:db8::1]',
    'http://localhost:3000': 'http://localhost:3000',
    'http://127.0.0.1:1/': 'http://127.0.0.1:1',
    'http://127.9.9.9': 'http://127.9.9.9',
    'http://[::1]:80': 'http://[::1]',
  }
  for (const [text, origin] of Object.entries(cases)) {
    assert.equal(parseApiUri(text, 'here'), origin, text)
  }
})

test('J140 parseApiUri() refuses what a credential cannot be sent to, without showing it', () => {
  const cases = [
    '',
    'api.phylum.io',
    'ftp://api.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https:api.example',
    'https:///api.example',
    '//api.example',
    'https://',
    'https://user:CANARY@api.example',
    'https://@api.example',
    'https://api.example/CANARY',
    'https://api.example//',
    'https://api.example/..',
    'https://api.example?CANARY',
    'https://api.example/?',
    'https://api.example#',
    'https://api.example\\@evil.example',
    'https://api.example\t',
    ' https://api.example',
    'https://api.example\nHost: evil',
    'https://аpi.example',
    'https://api.example:99999',
    'https://[::1',
    'http://api.example',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://localhost.',
    'http://0.0.0.0',
    'http://10.0.0.1',
    'http://[::ffff:127.0.0.1]',
    'http://128.0.0.1',
    'ph0_CANARY',
  ]
  for (const text of cases) {
    assert.throws(
      () => parseApiUri(text, '"/x/settings.yaml:2:8"'),
      (error) => {
        assert.ok(isPhylumError(error, 'ERR_CONFIG_URI'), text)
        assert.match(
          error.message,
          /^Cannot use the API URI from "\/x\/settings\.yaml:2:8": [^\n]+$/,
        )
        assert.ok(!error.message.includes('CANARY'), error.message)
        return true
      },
      text,
    )
  }
})

test('parseApiUri() says that plain http would carry the credential in clear', () => {
  assert.throws(() => parseApiUri('http://api.example', 'PHYLUM_API_URI'), /clear text/)
})

test('resolveApiUri() prefers PHYLUM_API_URI, and warns about an empty one', () => {
  const log = createRecordingLog()
  const settings = DEFAULT_SETTINGS
  assert.deepEqual(resolveApiUri({ PHYLUM_API_URI: 'https://a.example/' }, settings, { log }), {
    uri: 'https://a.example',
    source: 'PHYLUM_API_URI',
  })
  assert.deepEqual(resolveApiUri({}, settings, { log }), {
    uri: DEFAULT_API_URI,
    source: 'default',
  })
  assert.deepEqual(log.warnings, [])
  assert.equal(resolveApiUri({ PHYLUM_API_URI: '' }, settings, { log }).source, 'default')
  assert.deepEqual(log.warnings, ['PHYLUM_API_URI is empty and therefore ignored'])
  assert.throws(() => resolveApiUri({ PHYLUM_API_URI: 'ftp://x' }, settings, { log }), {
    code: 'ERR_CONFIG_URI',
  })
})

fuzzTest(apiUri, 500)
