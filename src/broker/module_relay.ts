import { display, isPhylumError, PhylumError } from '#base'
import type { Log, Secret } from '#base'
import { isLoopbackAddress } from '#permissions'
import { chmodSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostOf, parseDestination } from './destination.ts'
import { createPool, dial } from './dial.ts'
import { describeTransportError } from './failure.ts'
import { findAddresses, lookUpBySystem } from './look_up.ts'
import type { LookUp } from './look_up.ts'
import { watchSilence } from './silence.ts'

/** What the user's own configuration says of a URL. */
export interface ModuleAccess {
  /** The user has named it: it may be http, and an address of this machine or of the networks around it. */
  isNamed: boolean
  /** What to show there, and nowhere else; over http on this machine alone. */
  credential?: { scheme: 'Bearer' | 'Basic'; secret: Secret } | undefined
}

/** What a relay needs: its place, whom it may reach, and the world. */
export interface ModuleRelayOptions {
  /** Path of the socket, in a directory that is ours alone; at most 107 bytes. */
  socket: string
  /** Tells what the user's configuration says of a URL. */
  access: (url: URL) => ModuleAccess
  /** Hosts of the manifest's `net`: an address that is not of the internet is reached where it names that. */
  net: true | readonly string[]
  lookUp?: LookUp
  /** Whether the engine hears where types are, and asks for them. */
  hasTypes: boolean
  /** Most bytes of all answers together. */
  bytes: number
  /** How long a host may be silent, in milliseconds. */
  timeout: number
  log: Log
}

/** A running relay. */
export interface ModuleRelay {
  /** Hosts that have answered, with their ports where these are not the usual ones. */
  hosts(): readonly string[]
  /** What kept the first request from being answered, if anything did. */
  failure(): PhylumError | undefined
  /** Stops at once; requests in flight are cut. */
  close(): void
}

/** Most connections to one host. */
const POOL = 16

/** What is passed on of a request: nothing that names the user, and nothing that changes who answers. */
const REQUEST_HEADERS = ['accept', 'accept-encoding', 'user-agent'] as const

/** What is passed on of an answer: what the engine reads of modules and packages. */
const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'etag',
  'location',
  'retry-after',
  'x-deno-warning',
])

/** Says where the types of a module are, for whoever wants them. */
const TYPES_HEADER = 'x-typescript-types'

/**
 * Starts the relay of one resolution. The engine that resolves modules has no network: it sends whole URLs to this socket, as to a
 * proxy, and the host goes there in its place. What an author writes into an `import` is fetched on the user's machine before anybody
 * has agreed to anything, so what lies in private networks is as far away as for a running extension, and only https is spoken: a
 * metadata service of a cloud would be read into a module otherwise. Credentials of npm registries are attached here, and the engine
 * never sees one.
 */
export async function startModuleRelay(options: ModuleRelayOptions): Promise<ModuleRelay> {
  const { lookUp = lookUpBySystem, log } = options
  const hosts = new Set<string>()
  let failure: PhylumError | undefined
  let left = options.bytes
  const pool = createPool(POOL)

  async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = readTarget(request, options.access)
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const silence = watchSilence(options.timeout, gone.signal)
    try {
      const answer = await send(url, request, silence)
      const headers = [...answer.headers].filter(([name]) =>
        RESPONSE_HEADERS.has(name) || (options.hasTypes && name === TYPES_HEADER)
      )
      log.debug(`GET ${display(url.href)} ${answer.status}`)
      hosts.add(url.host)
      response.writeHead(answer.status, headers.flat())
      for await (const chunk of answer.body ?? []) {
        left -= chunk.length
        if (left < 0) throw tooMuch(options.bytes)
        if (!response.write(chunk)) await once(response, 'drain', { signal: gone.signal })
      }
      response.end()
    } catch (error) {
      silence.abort()
      if (isPhylumError(error)) throw error
      const whom = `module "${display(url.href)}"`
      const known = silence.expired(url.origin, whom) ??
        describeTransportError(error, url.origin, whom)
      throw new PhylumError('ERR_REGISTRY_UNREACHABLE', known.message, { cause: error })
    }
  }

  async function send(url: URL, request: IncomingMessage, silence: Silence): Promise<Response> {
    const { isNamed, credential } = options.access(url)
    const isPrivate = url.protocol === 'https:' || isLoopbackAddress(hostOf(url)) ||
      hostOf(url) === 'localhost'
    const host = hostOf(url)
    const addresses = await silence.guard(
      isNamed ? lookUp(host) : findAddresses(url, options.net, lookUp).catch(explainAddress(url)),
    )
    const headers = new Headers()
    for (const name of REQUEST_HEADERS) {
      const value = request.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    if (credential !== undefined && isPrivate) {
      headers.set('authorization', `${credential.scheme} ${credential.secret.reveal()}`)
    }
    return await dial({ url, host, addresses, method: 'GET', headers, body: null, pool }, silence)
  }

  const server = createServer({ requireHostHeader: false }, (request, response) => {
    // Nothing is waited for that nobody reads: a body is no part of what is relayed.
    request.resume()
    relay(request, response).catch((error: PhylumError) => {
      // An engine that has what it wants, or was stopped, is no failure of the host that it has asked.
      if (!response.destroyed) failure ??= error
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { connection: 'close' }).end()
    })
  })
  server.listen(options.socket)
  await once(server, 'listening')
  // To connect is to write, and a umask may have taken that from us.
  chmodSync(options.socket, 0o600)
  return {
    hosts: () => [...hosts].sort(),
    failure: () => failure,
    close() {
      server.closeAllConnections()
      server.close()
      pool.destroy()
    },
  }
}

type Silence = ReturnType<typeof watchSilence>

/** Reads whom a request is for. */
function readTarget(
  { method, url }: IncomingMessage,
  access: ModuleRelayOptions['access'],
): URL {
  const refuse = (state: string) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch module "${display(url ?? '')}": ${state}`)
  if (method !== 'GET') throw refuse(`nothing but GET is needed for that, not ${method}`)
  let target: URL
  try {
    target = parseDestination(url ?? null)
  } catch (error) {
    throw refuse(error instanceof PhylumError ? error.message : 'it is no URL')
  }
  if (target.protocol !== 'https:' && !access(target).isNamed) {
    throw refuse('it is not an https: URL')
  }
  return target
}

function explainAddress(url: URL): (error: unknown) => never {
  return (error) => {
    if (!isPhylumError(error, 'ERR_BROKER_ADDRESS')) throw error
    throw new PhylumError(
      'ERR_REGISTRY_SOURCE',
      `Cannot fetch module "${display(url.href)}": "${
        display(url.host)
      }" is not a host of the internet`,
      {
        hints: [
          'a host of this machine or of a network around it must stand in [permissions] net, by its address',
        ],
        cause: error,
      },
    )
  }
}

function tooMuch(bytes: number): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_SOURCE',
    `Cannot fetch the modules of the extension: they are larger than ${bytes / 1024 ** 2} MiB`,
  )
}
