import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Fetch } from '#base'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import type { Fetched } from '../../../src/registry/source/fetched.ts'
import { createCanary } from '../../harness/canary.ts'
import { makeCertificates, trustingFetch } from '../../harness/certificates.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { makePack } from '../../harness/tar.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { startWebServer } from '../../harness/web_server.ts'
import type { WebServer } from '../../harness/web_server.ts'

const PACK = makePack({ 'PhylumExt.toml': 'name = "x"' })
const CANARY = createCanary()
const hash = (algorithm: string) =>
  `${algorithm}-${createHash(algorithm).update(PACK).digest('base64')}`

/** A registry that lies as a test wants, and a server of somebody else's that keeps what it is sent. */
let registry: WebServer
let other: WebServer
let trusting: Fetch
let dist: Record<string, unknown>
let answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
let document: Record<string, unknown>

before(async () => {
  const { authority, good } = makeCertificates()
  trusting = trustingFetch(authority)
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (answer?.(request, response) === true) return
    if (request.url!.endsWith('.tgz')) return void response.end(PACK)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({
      name: '@team/x',
      'dist-tags': { latest: '1.0.0' },
      versions: {
        '1.0.0': {
          dist: { integrity: hash('sha512'), tarball: `${registry.origin}/a/x.tgz`, ...dist },
        },
      },
      ...document,
    }))
  }
  registry = await startWebServer(serve, { tls: good })
  other = await startWebServer((_, response) => void response.end(PACK), { tls: good })
})

after(async () => {
  await registry.stop()
  await other.stop()
})

interface Lie {
  dist?: Record<string, unknown>
  document?: Record<string, unknown>
  answer?: typeof answer
  name?: string
  npmrc?: string
}

/** Fetches "@team/x" from the registry that lies. */
async function fetchPackage(lie: Lie = {}): Promise<Fetched> {
  dist = lie.dist ?? {}
  answer = lie.answer
  document = lie.document ?? {}
  registry.seen.length = other.seen.length = 0
  return await withTemporaryDirectory(async (home) => {
    const { host } = new URL(registry.origin)
    const npmrc = lie.npmrc ?? `registry=${registry.origin}\n//${host}/:_authToken=${CANARY}\n`
    writeFileSync(join(home, '.npmrc'), npmrc)
    for (const name of ['out', 'scratch']) mkdirSync(join(home, name))
    try {
      return await fetchSource(
        { kind: 'npm', name: lie.name ?? '@team/x', range: 'latest' },
        join(home, 'out'),
        {
          fetch: trusting,
          environment: {},
          home,
          log: createRecordingLog(),
          scratch: join(home, 'scratch'),
        },
      )
    } catch (error) {
      assert.deepEqual(readdirSync(join(home, 'out')), [])
      assert.equal(String(error).includes(CANARY), false)
      throw error
    } finally {
      assert.deepEqual(readdirSync(join(home, 'scratch')), [])
      for (const { authorization } of other.seen) assert.equal(authorization, undefined)
    }
  })
}

/** Answers a request for an archive with a redirect. */
function redirect(to: () => string, status = 302): typeof answer {
  return (request, response) => {
    if (!request.url!.endsWith('.tgz')) return false
    response.writeHead(status, { location: to() }).end()
    return true
  }
}

test('fetchSource() sends the token to the registry it is for', async () => {
  await fetchPackage()
  assert.deepEqual(registry.seen.map(({ path, authorization }) => [path, authorization]), [
    ['/@team%2fx', `Bearer ${CANARY}`],
    ['/a/x.tgz', `Bearer ${CANARY}`],
  ])
})

test('I111 fetchSource() refuses an archive that is not what the registry promises, or without a promise', async () => {
  const integrity = { code: 'ERR_REGISTRY_INTEGRITY' }
  const wrong = `sha512-${createHash('sha512').update('x').digest('base64')}`
  await assert.rejects(fetchPackage({ dist: { integrity: wrong } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: `${wrong} ${hash('sha1')}` } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: undefined } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: hash('sha1'), shasum: 'x' } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: hash('sha256') } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: `x${hash('sha512')}` } }), integrity)
  await assert.rejects(fetchPackage({ dist: { integrity: { sha512: hash('sha512') } } }), integrity)
  await fetchPackage({ dist: { integrity: `${hash('sha1')} ${hash('sha512')}?x` } })
})

test('I111 fetchSource() fetches an archive from another host without the token', async () => {
  await fetchPackage({ dist: { tarball: `${other.origin}/x.tgz` } })
  assert.equal(other.seen.length, 1)
  await fetchPackage({ answer: redirect(() => `${other.origin}/x.tgz?signed=1`) })
  assert.equal(other.seen.length, 1)
  // Even where the user has one for it: whose registry this is does not choose what is asked there.
  const hosts = [registry, other].map(({ origin }) => new URL(origin).host)
  const tokens = hosts.map((host) => `//${host}/:_authToken=${CANARY}`)
  const npmrc = [`registry=${registry.origin}/`, ...tokens].join('\n')
  await fetchPackage({ npmrc, answer: redirect(() => `${other.origin}/x.tgz`, 308) })
  assert.equal(other.seen.length, 1)
  await fetchPackage({ npmrc, dist: { tarball: `${other.origin}/x.tgz` } })
  assert.equal(other.seen.length, 1)
})

test('I111 fetchSource() follows no redirect away from https, for ever, or to a user', async () => {
  const plain = await startWebServer((_, response) => void response.end(PACK))
  try {
    const refused = (message: RegExp) => ({ code: 'ERR_REGISTRY_UNREACHABLE', message })
    const to = (url: string) => fetchPackage({ answer: redirect(() => url) })
    await assert.rejects(to(`${plain.origin}/x.tgz`), refused(/which is not reached by "https:"/))
    await assert.rejects(to('file:///etc/passwd.tgz'), refused(/not reached by "https:"/))
    await assert.rejects(to('data:,x.tgz'), refused(/not reached by "https:"/))
    await assert.rejects(to('https://me:pw@127.0.0.1/x.tgz'), refused(/user name in it/))
    await assert.rejects(to('https://'), refused(/redirects to no URL/))
    await assert.rejects(to('/b.tgz'), refused(/redirects too often/))
    const tarball = `${plain.origin}/x.tgz`
    await assert.rejects(fetchPackage({ dist: { tarball } }), { code: 'ERR_REGISTRY_SOURCE' })
    assert.deepEqual(plain.seen, [])
  } finally {
    await plain.stop()
  }
})

test('fetchSource() sends a token to its own path alone', async () => {
  const { host } = new URL(registry.origin)
  const npmrc = `registry=${registry.origin}/a/\n//${host}/a/:_authToken=${CANARY}\n`
  await fetchPackage({ npmrc, dist: { tarball: `${registry.origin}/b/x.tgz` } })
  assert.deepEqual(registry.seen.map(({ path, authorization }) => [path, authorization]), [
    ['/a/@team%2fx', `Bearer ${CANARY}`],
    ['/b/x.tgz', undefined],
  ])
  const password = Buffer.from('p:w').toString('base64')
  const basic =
    `registry=${registry.origin}\n//${host}/:username=me\n//${host}/:_password=${password}`
  await fetchPackage({ npmrc: basic })
  assert.equal(registry.seen[0]?.authorization, `Basic ${Buffer.from('me:p:w').toString('base64')}`)
  await fetchPackage({ npmrc: `registry=${registry.origin}\n//${host}/:_auth=bWU6cHc=` })
  assert.equal(registry.seen[0]?.authorization, 'Basic bWU6cHc=')
})

test('I113 fetchSource() takes a package of a scope from the registry of the scope alone', async () => {
  const npmrc = `registry=${other.origin}\n@team:registry=${registry.origin}`
  await fetchPackage({ npmrc })
  assert.deepEqual(other.seen, [])
  await assert.rejects(fetchPackage({ npmrc, name: '@tea/x' }), { code: 'ERR_REGISTRY_SOURCE' })
  assert.deepEqual(registry.seen, [])
  assert.equal(other.seen.length, 1)
})

test('I113 fetchSource() refuses what speaks of another package, or of none', async () => {
  const refused = { code: 'ERR_REGISTRY_SOURCE' }
  await assert.rejects(fetchPackage({ document: { name: 'team-x' } }), refused)
  await assert.rejects(fetchPackage({ document: { versions: [] } }), refused)
  await assert.rejects(fetchPackage({ document: { versions: null } }), refused)
  await assert.rejects(
    fetchPackage({ document: { 'dist-tags': { latest: 'constructor' } } }),
    refused,
  )
  await assert.rejects(
    fetchPackage({ document: { 'dist-tags': { latest: '__proto__' } } }),
    refused,
  )
  await assert.rejects(fetchPackage({ dist: { tarball: 7 } }), refused)
  const html: typeof answer = (_, response) => (response.end('<html>'), true)
  await assert.rejects(fetchPackage({ answer: html }), { ...refused, message: /is no JSON/ })
})

test('fetchSource() says what is wrong with an .npmrc', async () => {
  const refused = (message: RegExp) => ({ code: 'ERR_REGISTRY_SOURCE', message })
  const from = (npmrc: string) => fetchPackage({ npmrc })
  await assert.rejects(
    from('registry=http://h.example/'),
    refused(/"h\.example" is not reached by/),
  )
  await assert.rejects(from('registry=https://me:pw@h.example/'), refused(/holds a user name/))
  await assert.rejects(from('registry=nonsense'), refused(/no URL/))
  await assert.rejects(from('x'.repeat(2 ** 20 + 1)), refused(/larger than 1024 KiB/))
  const { host } = new URL(registry.origin)
  const broken = `registry=${registry.origin}\n//${host}/:_authToken=a b`
  await assert.rejects(from(broken), { code: 'ERR_AUTH_CREDENTIAL' })
})
