import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createCanary } from '../harness/canary.ts'
import { startFakeApi } from '../harness/fake_api.ts'
import { FORMS, withHome } from '../harness/phylum.ts'

const CODE = `import { api } from 'phylum'
  const answer = await api.fetch('/groups').then((response) => response.text()).catch((error) => error.code)
  console.log(answer)`
const MANIFEST = 'name = "sample"\ndescription = "x"\nversion = "1.0.0"\n[api]\nallow = true\n'

/** Makes a certificate that nobody has signed but itself. */
function selfSign(subject: string, ...extra: string[]): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-tls-'))
  try {
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      '-subj',
      `/CN=${subject}`,
      '-addext',
      `subjectAltName=IP:${subject}`,
      '-days',
      '1',
      ...extra,
    ], { cwd: directory })
    assert.equal(made.status, 0, String(made.stderr))
    return {
      key: readFileSync(join(directory, 'key.pem'), 'utf8'),
      cert: readFileSync(join(directory, 'cert.pem'), 'utf8'),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Makes an authority and certificates that it has signed, one good and each other with one fault. */
function sign(): { authority: string; good: Pair; 'another name': Pair; expired: Pair } {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-tls-'))
  const run = (...words: string[]) => {
    const made = spawnSync('openssl', words, { cwd: directory })
    assert.equal(made.status, 0, String(made.stderr))
  }
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  function make(subject: string, days: string): Pair {
    run('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', `/CN=${subject}`)
    writeFileSync(join(directory, 'names'), `subjectAltName=IP:${subject}`)
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
    run(
      'x509',
      '-req',
      '-in',
      'request.pem',
      '-out',
      'cert.pem',
      ...by,
      '-extfile',
      'names',
      '-days',
      days,
    )
    return { key: read('key.pem'), cert: read('cert.pem') }
  }
  try {
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=test',
      '-days',
      '2',
    )
    return {
      authority: read('ca.pem'),
      good: make('127.0.0.1', '1'),
      'another name': make('127.0.0.2', '1'),
      expired: make('127.0.0.1', '-1'),
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

interface Pair {
  key: string
  cert: string
}

const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed'

for (const form of FORMS) {
  test(
    `C42 a certificate that nobody vouches for gets no credential, unless the user says so [${form}]`,
    { skip },
    withHome(async (home) => {
      const seen: (string | undefined)[] = []
      const server = createServer(selfSign('127.0.0.1'), (request, response) => {
        seen.push(request.headers.authorization)
        response.end('{"groups":[]}')
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
      home.extension('sample', { 'PhylumExt.toml': MANIFEST, 'main.ts': CODE })
      const canary = createCanary()
      const run = (words: string[], more: Record<string, string> = {}) =>
        home.phylum(form, [...words, 'ext', 'run', '-y', './sample'], {
          environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: origin, ...more },
        })
      for (const more of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
        const refused = await run([], more)
        assert.match(refused.stdout, /^ERR_BROKER_TLS$/m, refused.stderr)
      }
      const listed = await home.phylum(form, ['group', 'list'], {
        environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: origin },
      })
      assert.equal(listed.code, 30)
      assert.match(listed.stderr, /TLS/)
      assert.equal(seen.length, 0)
      const allowed = await run(['--ignore-certs'])
      if (form === 'deno') {
        assert.equal(allowed.code, 2, 'Deno checks certificates always, and phylum says so')
      } else assert.deepEqual([allowed.stdout, seen], ['{"groups":[]}\n', [`Bearer ${canary}`]])
      assert.match(allowed.stderr, form === 'deno' ? /Deno/ : /warning: .*certificates/)
      home.assertNoLeak(canary, listed.stderr, allowed.stdout, allowed.stderr)
      server.closeAllConnections()
      server.close()
    }),
  )

  test(
    `C42 a host of net must prove the name it was asked by, whatever holds for the API [${form}]`,
    { skip },
    withHome(async (home) => {
      // Signed by itself, trusted by this user, for the address and not for the name.
      const signed = selfSign('127.0.0.1')
      const file = join(home.path, 'authority.pem')
      writeFileSync(file, signed.cert)
      let seen = 0
      const server = createServer(signed, (_, response) => {
        seen++
        response.end('reached')
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      home.extension('sample', {
        'PhylumExt.toml':
          `${MANIFEST}[permissions]\nnet = ["127.0.0.1:${port}", "localhost:${port}"]\n`,
        'main.ts': `for (const host of ['127.0.0.1', 'localhost']) {
          console.log(await fetch('https://' + host + ':${port}/').then((answer) => answer.text()).catch((error) => error.code))
        }`,
      })
      const run = (words: string[], more: Record<string, string>) =>
        home.phylum(form, [...words, 'ext', 'run', '-y', './sample'], {
          environment: { PHYLUM_API_URI: 'http://127.0.0.1:9', ...more },
        })
      const refused = await run([], { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
      assert.equal(refused.stdout, 'ERR_BROKER_TLS\nERR_BROKER_TLS\n', refused.stderr)
      if (form !== 'deno') {
        const ignored = await run(['--ignore-certs'], {})
        assert.equal(ignored.stdout, 'ERR_BROKER_TLS\nERR_BROKER_TLS\n', ignored.stderr)
      }
      assert.equal(seen, 0)
      const trusted = await run([], { NODE_EXTRA_CA_CERTS: file, DENO_CERT: file })
      assert.equal(trusted.code, 0, trusted.stderr)
      assert.equal(trusted.stdout, 'reached\nERR_BROKER_TLS\n', trusted.stderr)
      server.closeAllConnections()
      server.close()
    }),
  )

  test(
    `C42 a certificate for another name, or of yesterday, gets no credential from whom it vouches to [${form}]`,
    { skip },
    withHome(async (home) => {
      const { authority, ...pairs } = sign()
      const trusted = join(home.path, 'authority.pem')
      writeFileSync(trusted, authority)
      const servers = { ...pairs, 'an old protocol': pairs.good }
      for (const [what, pair] of Object.entries(servers)) {
        const seen: unknown[] = []
        const old = what === 'an old protocol'
          ? { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
          : {}
        const server = createServer({ ...pair, ...old }, (request, response) => {
          seen.push(request.headers.authorization)
          response.end('{"groups":[]}')
        })
        server.on('tlsClientError', () => {})
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        const { code, stdout, stderr } = await home.phylum(form, ['group', 'list', '--json'], {
          environment: {
            PHYLUM_API_KEY: createCanary(),
            PHYLUM_API_URI: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
            NODE_EXTRA_CA_CERTS: trusted,
            DENO_CERT: trusted,
          },
        })
        server.closeAllConnections()
        server.close()
        if (what === 'good') {
          assert.deepEqual([code, stdout, seen.length], [0, '{"groups":[]}\n', 1], stderr)
        } else assert.deepEqual([code, stdout, seen.length], [30, '', 0], `${what}: ${stderr}`)
      }
    }),
  )

  test(
    `C43 a proxy never sees a credential in clear [${form}]`,
    withHome(async (home) => {
      const api = await startFakeApi()
      const proxy = await startFakeApi()
      home.extension('sample', { 'PhylumExt.toml': MANIFEST, 'main.ts': CODE })
      const canary = createCanary()
      const proxies = {
        HTTP_PROXY: proxy.origin,
        HTTPS_PROXY: proxy.origin,
        ALL_PROXY: proxy.origin,
        http_proxy: proxy.origin,
        https_proxy: proxy.origin,
        all_proxy: proxy.origin,
        NO_PROXY: 'example.org',
        no_proxy: 'example.org',
      }
      const local = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: { PHYLUM_API_KEY: canary, PHYLUM_API_URI: api.origin, ...proxies },
      })
      assert.equal(local.stdout, '{"groups":[]}\n', local.stderr)
      assert.equal(proxy.seen.length, 0)
      const remote = await home.phylum(form, ['ext', 'run', '-y', './sample'], {
        environment: {
          PHYLUM_API_KEY: canary,
          PHYLUM_API_URI: 'https://api.example.com',
          ...proxies,
        },
      })
      assert.match(remote.stdout, /^ERR_BROKER_/, remote.stderr)
      for (const seen of proxy.seen) assert.equal(JSON.stringify(seen).includes(canary), false)
      await api.stop()
      await proxy.stop()
    }),
  )
}
