import { Agent as PlainAgent, request as requestPlain } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as requestSecure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { once } from 'node:events'
import { passHeaders } from './headers.ts'
import { reclaim } from './reclaim.ts'
import type { Silence } from './silence.ts'

/** A request whose addresses have been looked at. */
export interface Call {
  url: URL
  /** The URL's host without brackets and final dot: what the certificate must name. */
  host: string
  /** Where to connect, and nowhere else. */
  addresses: readonly string[]
  method: string
  headers: Headers
  body: ReadableStream<Uint8Array> | null
  /** Connections that are used again, all of them made to addresses that were looked at; without it, one for this request. */
  pool?: SecureAgent
}

/** Makes a pool of connections by TLS for many requests to few hosts. */
export function createPool(size: number): SecureAgent {
  return new SecureAgent({ ...DIRECT, keepAlive: true, maxSockets: size })
}

/**
 * Without a pool, which would hand out a connection by name, to whatever address it was made; and past the proxies of the
 * environment (NODE_USE_ENV_PROXY), which would be told the name and look it up once more.
 */
const DIRECT = { keepAlive: false, proxyEnv: {} }

/** Sends a request to one of its addresses, over a connection that nothing else uses, and gives the answer as it comes. */
export async function dial(call: Call, silence: Silence): Promise<Response> {
  const { url, addresses, pool } = call
  const isSecure = url.protocol === 'https:'
  const request = (isSecure ? requestSecure : requestPlain)({
    hostname: call.host,
    port: url.port,
    path: url.pathname + url.search,
    method: call.method,
    headers: {
      ...Object.fromEntries(call.headers),
      host: url.host,
      ...(pool === undefined ? { connection: 'close' } : {}),
    },
    agent: isSecure ? pool ?? new SecureAgent(DIRECT) : new PlainAgent(DIRECT),
    lookup: answerWith(addresses),
    // Said explicitly: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch the check off.
    rejectUnauthorized: true,
    signal: silence.signal,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', reject)
  })
  // What is said when nobody waits any more is no news.
  answered.catch(() => {})
  if (call.body === null) request.end()
  else upload(call.body, request, silence).catch((error) => request.destroy(error))
  return respond(await silence.guard(answered), call.method, silence)
}

/** Stands for the name server: the answer has been given and looked at. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_host, options, callback) => {
    if (options.all) callback(null, known)
    else callback(null, known[0]!.address, known[0]!.family)
  }
}

async function upload(
  body: ReadableStream<Uint8Array>,
  request: ClientRequest,
  silence: Silence,
): Promise<void> {
  for await (const chunk of body) {
    silence.start()
    await reclaim(chunk.length)
    if (!request.write(chunk)) await once(request, 'drain', { signal: silence.signal })
  }
  request.end()
}

function respond(message: IncomingMessage, method: string, silence: Silence): Response {
  const headers = new Headers()
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index]!, message.rawHeaders[index + 1]!)
  }
  const status = message.statusCode ?? 0
  const init = { status, headers: passHeaders(headers) }
  if (method === 'HEAD' || status === 204 || status === 205 || status === 304) {
    silence.stop()
    message.destroy()
    return new Response(null, init)
  }
  return new Response(readAnswer(message, silence), init)
}

/** Reads an answer at the pace of whoever takes it. */
function readAnswer(message: IncomingMessage, silence: Silence): ReadableStream<Uint8Array> {
  message.pause()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const fail = (error: unknown) => {
        silence.stop()
        controller.error(error)
      }
      message.on('data', (chunk: Uint8Array) => {
        message.pause()
        // The reader's own slowness is not the host's silence.
        silence.pause()
        controller.enqueue(chunk)
        void reclaim(chunk.length)
      })
      message.on('end', () => {
        silence.stop()
        controller.close()
      })
      message.on('error', fail)
      message.on('close', () => {
        if (!message.complete) fail(new Error('the host has gone'))
      })
      silence.signal.addEventListener('abort', () => {
        fail(silence.signal.reason)
        message.destroy()
      })
    },
    pull() {
      silence.start()
      message.resume()
    },
    cancel() {
      silence.abort()
      message.destroy()
    },
  }, { highWaterMark: 0 })
}
