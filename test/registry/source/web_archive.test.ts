import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Fetch } from '#base'
import { fetchSource } from '../../../src/registry/source/fetch_source.ts'
import type { Fetched } from '../../../src/registry/source/fetched.ts'
import { request } from '../../../src/registry/source/request.ts'
import { makeCertificates, trustingFetch } from '../../harness/certificates.ts'
import type { Certificates } from '../../harness/certificates.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'
import { makePack } from '../../harness/tar.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'
import { startWebServer } from '../../harness/web_server.ts'
import type { WebServer } from '../../harness/web_server.ts'

const PACK = makePack({ 'PhylumExt.toml': 'name = "x"' })

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const PAGES: Record<string, Handler> = {
  '/x.tgz': (_, response) => response.end(PACK),
  '/signed.tgz': (_, response) => response.end(PACK),
  '/signed.tgz.jws': (_, response) => response.end('a..b\n'),
  '/page.tgz': (_, response) => response.end(PACK),
  '/page.tgz.jws': (_, response) => response.end('<html>'),
  '/long.tgz': (_, response) => response.end(PACK),
  '/long.tgz.jws': (_, response) => response.end('a'.repeat(70_000)),
  '/html.tgz': (_, response) => response.end('<!DOCTYPE html>'),
  '/empty.tgz': (_, response) => response.end(),
  '/gone.tgz': (_, response) => response.writeHead(410).end(),
  '/private.tgz': (_, response) => response.writeHead(401).end(),
  '/broken.tgz': (_, response) => response.writeHead(503).end('x'.repeat(100_000)),
  '/moved.tgz': (_, response) => response.writeHead(301, { location: '/x.tgz' }).end(),
  '/nowhere.tgz': (_, response) => response.writeHead(301).end(),
  '/huge.tgz': (_, response) => {
    response.writeHead(200, { 'content-length': 2 ** 29 }).write('x')
  },
  '/cut.tgz': (_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write(PACK.subarray(0, 50))
    setImmediate(() => response.destroy())
  },
  '/silent.tgz': () => {},
  '/stops.tgz': (_, response) => void response.write('x'),
}

let certificates: Certificates
let trusting: Fetch
let server: WebServer
const progress: string[] = []

before(async () => {
  certificates = makeCertificates()
  trusting = trustingFetch(certificates.authority)
  server = await startWebServer((incoming, response, url) => {
    const page = PAGES[url.pathname]
    if (page === undefined) response.writeHead(404).end()
    else page(incoming, response)
  }, { tls: certificates.good })
})

after(() => server.stop())

async function fetchArchive(location: string, fetch: Fetch = trusting): Promise<Fetched> {
  return await withTemporaryDirectory(async (directory) => {
    for (const name of ['out', 'scratch']) mkdirSync(join(directory, name))
    try {
      return await fetchSource({ kind: 'archive', location }, join(directory, 'out'), {
        fetch,
        environment: {},
        home: directory,
        log: createRecordingLog(),
        scratch: join(directory, 'scratch'),
        onProgress: (line) => progress.push(line),
      })
    } catch (error) {
      assert.deepEqual(readdirSync(join(directory, 'out')), [])
      throw error
    } finally {
      assert.deepEqual(readdirSync(join(directory, 'scratch')), [])
    }
  })
}

test('fetchSource() fetches an archive by https, with its signature', async () => {
  const signatures = { x: null, signed: 'a..b', page: null, moved: null }
  for (const [name, signature] of Object.entries(signatures)) {
    const location = `${server.origin}/${name}.tgz`
    const fetched = await fetchArchive(location)
    assert.equal(fetched.resolved, location)
    assert.equal(fetched.signature, signature)
    assert.equal(progress.pop(), `Fetching ${location}`)
  }
})

test('fetchSource() says in one line what is wrong with an archive on the web', async () => {
  const cases: [string, string, RegExp][] = [
    ['none', 'ERR_REGISTRY_SOURCE', /it does not exist$/],
    ['gone', 'ERR_REGISTRY_SOURCE', /it does not exist$/],
    ['private', 'ERR_REGISTRY_UNREACHABLE', /asks for a credential.*401/],
    ['broken', 'ERR_REGISTRY_UNREACHABLE', /status 503$/],
    ['nowhere', 'ERR_REGISTRY_UNREACHABLE', /status 301$/],
    ['html', 'ERR_REGISTRY_PATH', /it is a web page, and no archive$/],
    ['empty', 'ERR_REGISTRY_PATH', /it is empty$/],
    ['huge', 'ERR_REGISTRY_PATH', /larger than 256 MiB$/],
    ['cut', 'ERR_REGISTRY_UNREACHABLE', /the answer was cut off$/],
    ['long', 'ERR_REGISTRY_PATH', /tgz\.jws": the answer is larger than 0.0625 MiB$/],
  ]
  for (const [name, code, message] of cases) {
    await assert.rejects(fetchArchive(`${server.origin}/${name}.tgz`), { code, message }, name)
  }
})

test('fetchSource() trusts no certificate that nobody has signed', async () => {
  const untrusted = { code: 'ERR_REGISTRY_UNREACHABLE', message: /certificate is not trusted$/ }
  // The runtime does not know the authority, and then, it does not matter that it is known.
  await assert.rejects(fetchArchive(`${server.origin}/x.tgz`, fetch), untrusted)
  const bad = await startWebServer((_, response) => void response.end(PACK), {
    tls: certificates.bad,
  })
  try {
    // Another client: two servers of one process would let Deno resume the session that it has with the good one.
    const fresh = trustingFetch(certificates.authority)
    await assert.rejects(fetchArchive(`${bad.origin}/x.tgz`, fresh), untrusted)
    assert.deepEqual(bad.seen, [])
  } finally {
    await bad.stop()
  }
})

test('request() waits for nobody for ever', async () => {
  const options = { fetch: trusting, accept: '*/*', limit: 1000, patience: 100 }
  const late = { code: 'ERR_REGISTRY_UNREACHABLE', message: /did not answer in time$/ }
  await assert.rejects(request(new URL('/silent.tgz', server.origin), options), late)
  const answer = await request(new URL('/stops.tgz', server.origin), options)
  await assert.rejects(async () => {
    for await (const _ of answer!.body);
  }, late)
})
