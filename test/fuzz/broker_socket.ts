import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import fc from 'fast-check'
import { startBench } from '../harness/broker.ts'
import type { Bench } from '../harness/broker.ts'
import { findLeak } from '../harness/canary.ts'
import { canHideDots } from './hostile.ts'
import { CAPABILITY, PLACE, request } from './requests.ts'
import { readStrictly } from './strict_http.ts'
import type { Verdict } from './strict_http.ts'
import type { Target } from './target.ts'

/** How many connections are open at once; most of the time goes in waiting for those that never get an answer. */
const LANES = 16

/** How long an answer is waited for, in milliseconds. Where it comes later, less is seen, and nothing wrongly. */
const PATIENCE = 30

/** What stands in the path of a request at the API, so that no request has to be told from another. */
const WORDS: Record<Verdict | 'swallowed', string> = {
  taken: 'taken___',
  refused: 'refused_',
  broken: 'broken__',
  swallowed: 'swallow_',
}

const ALLOWED = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'host',
  'if-match',
  'range',
  'transfer-encoding',
  'user-agent',
])

/** Writes into each request what must come of it. */
function mark(text: string, capability: string): { bytes: Buffer; first: Verdict } {
  const given = text.replaceAll(CAPABILITY, capability)
  const found = readStrictly(given, capability)
  let marked = ''
  let at = 0
  for (const { start, end, verdict, isEmpty } of found) {
    const head = given.indexOf('\r\n\r\n', start)
    const bodyStart = head === -1 ? end : Math.min(head + 4, end)
    marked += given.slice(at, start) +
      given.slice(start, bodyStart).replaceAll(PLACE, isEmpty ? WORDS.taken : WORDS[verdict])
    marked += given.slice(bodyStart, end).replaceAll(
      PLACE,
      verdict === 'refused' ? WORDS.refused : WORDS.swallowed,
    )
    at = end
  }
  marked += given.slice(at).replaceAll(PLACE, WORDS.refused)
  return { bytes: Buffer.from(marked, 'latin1'), first: found[0]?.verdict ?? 'refused' }
}

/** An API that holds whatever reaches it against what a broker may send. */
async function startStrictApi(credential: () => string) {
  const faults: string[] = []
  const check = (seen: IncomingMessage, isComplete: boolean) => {
    const { method = '', url = '', headers, rawHeaders } = seen
    const expect = (isRight: boolean, what: string) => {
      if (!isRight) faults.push(`${what}: ${method} ${url} ${JSON.stringify(rawHeaders)}`)
    }
    const path = url.split('?', 1)[0]!
    expect(
      ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method),
      'a method that is none',
    )
    expect(path.startsWith('/api/') && !canHideDots(path), 'a path that leaves the API')
    expect(!url.includes(WORDS.refused), 'a request that had to be refused')
    expect(!url.includes(WORDS.swallowed), 'a request out of the body of another')
    expect(!url.includes(WORDS.broken) || !isComplete, 'a request whose body is no body')
    expect(headers.authorization === `Bearer ${credential()}`, 'another credential')
    expect(
      rawHeaders.filter((name, i) => i % 2 === 0 && /^authorization$/i.test(name)).length === 1,
      'two credentials',
    )
    for (const name of Object.keys(headers)) expect(ALLOWED.has(name), `the header ${name}`)
  }
  const server = createServer((seen, response) => {
    check(seen, false)
    seen.on('data', () => {})
    seen.on('error', () => {})
    seen.on('end', () => {
      check(seen, true)
      response.end('{}')
    })
  })
  server.on('clientError', (error: Error & { rawPacket?: Uint8Array }, socket) => {
    // A body that ended early is the broker's way to say that the guest has gone.
    if (!/aborted|ECONNRESET|HPE_INVALID_EOF_STATE|socket hang up/.test(String(error))) {
      faults.push(
        `${error} ${JSON.stringify(Buffer.from(error.rawPacket ?? []).toString('latin1'))}`,
      )
    }
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Sends bytes and collects the answer, until the other side closes or has nothing more to say. */
function exchange(socket: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const client = connect(socket)
    let text = ''
    const timer = setTimeout(() => client.destroy(), PATIENCE)
    client.on('data', (chunk) => {
      text += Buffer.from(chunk).toString('latin1')
      timer.refresh()
      if (/^HTTP\/1\.1 \d+[^]*\r\n\r\n[^]*\}$/.test(text)) client.destroy()
    })
    client.on('error', () => {})
    client.on('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
    client.write(bytes)
  })
}

/** The broker's own socket: bytes that no honest guest sends. */
export const brokerSocket: Target = {
  name: 'broker/socket',
  promise:
    'C26 C27 C28 C30 C31 C33 the broker sends on nothing that two readers could read in two ways',
  inputs: 20_000,
  batch: LANES / 2,
  async open() {
    const api = await startStrictApi(() => bench.canary)
    const bench: Bench = await startBench({ apiOrigin: api.origin })
    const some = fc.array(request, { minLength: 1, maxLength: LANES, size: 'max' })
    return {
      property: fc.asyncProperty(some, async (requests) => {
        api.faults.length = 0
        await Promise.all(requests.map(async (text) => {
          const { bytes, first } = mark(text, bench.capability)
          const answer = await exchange(bench.socket, bytes)
          assert.equal(findLeak(answer, bench.canary), undefined)
          if (answer !== '') {
            assert.match(
              answer,
              /^HTTP\/1\.[01] (200|400|401|403|404|405|408|411|413|414|417|431|501|502|505) /,
            )
          }
          if (first === 'refused') {
            assert.doesNotMatch(answer, /^HTTP\/1\.[01] 2/, JSON.stringify(text))
          }
        }))
        assert.deepEqual(api.faults, [])
        assert.equal((await bench.ask('/api/v0/groups')).status, 200, 'it still answers')
      }),
      async close() {
        await bench.stop()
        api.stop()
      },
    }
  },
}
