import { Secret } from '#base'
import type { Credential, CredentialSource, Log } from '#base'
import { startBroker } from '#broker'
import type { Broker, BrokerOptions } from '#broker'
import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanary } from './canary.ts'
import { startFakeApi } from './fake_api.ts'
import type { FakeApi } from './fake_api.ts'

/** A broker with an API behind it and a guest's means to talk to it. */
export interface Bench {
  api: FakeApi
  broker: Broker
  canary: string
  capability: string
  placeholder: string
  socket: string
  /** What was logged. */
  log: string[]
  /** Sends a well-formed request, as the guest does. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Sends bytes as they are and gives what comes back until it matches, or the other side closes or stays silent. */
  raw(bytes: string | Uint8Array, until?: RegExp): Promise<Raw>
  stop(): Promise<void>
}

export interface AskOptions {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
  capability?: string | null
  signal?: AbortSignal
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

const silentLog: Log = { warn() {}, note() {}, debug() {} }

/** What came back on a raw socket. */
export interface Raw {
  text: string
  isClosed: boolean
}

/** How long a silent connection is waited for, in milliseconds; only tests that must fail wait so long. */
const SILENCE = 2_000

/** A source that always has the same credential. */
export function fixedCredential(canary: string): CredentialSource {
  const bearer = Secret.parse(canary, 'test')
  const credential: Credential = { bearer, secrets: [bearer] }
  return { get: () => Promise.resolve(credential), renew: () => Promise.resolve(undefined) }
}

/** Starts API and broker; what is not given is as in an ordinary run that may ask for everything. */
export async function startBench(options: Partial<BrokerOptions> = {}): Promise<Bench> {
  const api = await startFakeApi()
  const directory = mkdtempSync(join(tmpdir(), 'phylum-test-'))
  const socket = join(directory, 'b.sock')
  const canary = createCanary()
  const capability = `capability-${canary.slice(-20)}`
  const placeholder = `phylum-placeholder_${randomBytes(32).toString('base64url')}`
  const log: string[] = []
  const broker = await startBroker({
    socket,
    capability,
    placeholder,
    apiOrigin: api.origin,
    grant: true,
    ask: () => Promise.resolve(true),
    net: [],
    credential: fixedCredential(canary),
    fetch,
    fetchAlone: fetch,
    timeout: 60_000,
    userAgent: 'phylum/test',
    log: { ...silentLog, debug: (line) => log.push(line) },
    ...options,
  })

  async function ask(path: string, asked: AskOptions = {}): Promise<Answer> {
    const shown = asked.capability === undefined ? capability : asked.capability
    const outgoing = request({
      socketPath: socket,
      path,
      method: asked.method ?? 'GET',
      headers: {
        host: '127.255.255.254:6',
        ...(shown === null ? {} : { 'phylum-capability': shown }),
        ...asked.headers,
      },
      ...(asked.signal === undefined ? {} : { signal: asked.signal }),
    })
    outgoing.end(asked.body)
    const [incoming] = await once(outgoing, 'response')
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    return {
      status: incoming.statusCode,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
    }
  }

  async function raw(bytes: string | Uint8Array, until?: RegExp): Promise<Raw> {
    const client = connect(socket)
    await once(client, 'connect')
    let text = ''
    let isClosed = false
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SILENCE)
      client.on('data', (chunk) => {
        text += Buffer.from(chunk).toString('latin1')
        timer.refresh()
        if (until?.test(text)) resolve()
      })
      client.on('error', () => {})
      client.on('close', () => {
        isClosed = true
        resolve()
      })
      client.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    })
    client.destroy()
    return { text, isClosed }
  }

  return {
    api,
    broker,
    canary,
    capability,
    placeholder,
    socket,
    log,
    ask,
    raw,
    async stop() {
      broker.close()
      await api.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Runs a test against a bench of its own. */
export function withBench(
  body: (bench: Bench) => Promise<void>,
  options: () => Partial<BrokerOptions> = () => ({}),
): () => Promise<void> {
  return async () => {
    const bench = await startBench(options())
    try {
      await body(bench)
    } finally {
      await bench.stop()
    }
  }
}
