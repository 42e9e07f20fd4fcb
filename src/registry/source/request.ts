import { display, PhylumError } from '#base'
import type { ErrorCode, ErrorDetails, Fetch, Secret } from '#base'
import { isLoopback } from '#config'
import { describeFailure } from './describe_failure.ts'
import { hideSecrets } from './refuse_source.ts'

/** Most redirects that are followed. */
const MAX_REDIRECTS = 5

/** How long nothing may come, in milliseconds. */
const PATIENCE = 30_000

/** What stands in "Authorization". */
export interface Authorization {
  readonly scheme: 'Bearer' | 'Basic'
  readonly secret: Secret
}

/** How something is asked for. */
export interface RequestOptions {
  readonly fetch: Fetch
  readonly accept: string
  /** Most bytes of the answer. */
  readonly limit: number
  /** What stands in "Authorization" for a URL, if anything; asked only where the first request went. */
  readonly authorize?: ((url: URL) => Authorization | undefined) | undefined
  /** What to do when a credential is asked for. */
  readonly loginHint?: string
  /** How long nothing may come, in milliseconds. */
  readonly patience?: number
}

/** An answer whose status is 200. */
export interface Answer {
  /** From where it came in the end. */
  readonly url: URL
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * Asks for a file. A redirect never leads from https to anything else, and takes no credential to another origin.
 *
 * @returns nothing for 404 and 410
 * @throws ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_PATH when the answer is too large
 */
export async function request(start: URL, options: RequestOptions): Promise<Answer | undefined> {
  let url = start
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    assertConfidential(url, start)
    const timer = createTimer(options.patience ?? PATIENCE)
    const response = await send(url, start, options, timer)
    if (response.status === 200) return { url, body: readBody(response, url, options.limit, timer) }
    timer.stop()
    // Left unread, an answer of any length would keep the connection.
    await response.body?.cancel().catch(() => {})
    if (response.status === 404 || response.status === 410) return undefined
    const location = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || location === null) {
      throw refuseStatus(response.status, url, options.loginHint)
    }
    const next = URL.parse(location, url)
    if (next === null) throw fail(url, 'it redirects to no URL')
    next.hash = ''
    url = next
  }
  throw fail(start, 'it redirects too often')
}

/** Refuses what could be read or changed on its way. */
function assertConfidential(url: URL, start: URL): void {
  const shown = () => `"${display(hideSecrets(url.href), 200)}"`
  if (url.username !== '' || url.password !== '') {
    throw fail(start, 'it redirects to a URL with a user name in it')
  }
  if (url.protocol === 'https:') return
  // A redirect to http on this machine would let a stranger's server choose which local service is asked.
  if (url.protocol === 'http:' && isLoopback(url.hostname) && start.protocol === 'http:') return
  if (url === start) throw fail(start, 'it is not reached by "https:"')
  throw fail(start, `it redirects to ${shown()}, which is not reached by "https:"`)
}

async function send(
  url: URL,
  start: URL,
  { fetch, accept, authorize }: RequestOptions,
  timer: Timer,
): Promise<Response> {
  const headers: Record<string, string> = { accept, 'accept-encoding': 'identity' }
  // With another origin, or another path of this one that has none, the credential stays here.
  const credential = url.origin === start.origin ? authorize?.(url) : undefined
  if (credential !== undefined) {
    headers['authorization'] = `${credential.scheme} ${credential.secret.reveal()}`
  }
  try {
    return await fetch(url, { headers, redirect: 'manual', signal: timer.signal })
  } catch (cause) {
    timer.stop()
    throw fail(url, timer.isLate() ? LATE : describeFailure(cause), { cause })
  }
}

async function* readBody(
  response: Response,
  url: URL,
  limit: number,
  timer: Timer,
): AsyncGenerator<Uint8Array> {
  const tooLarge = () =>
    fail(url, `the answer is larger than ${limit / 1024 / 1024} MiB`, { code: 'ERR_REGISTRY_PATH' })
  try {
    if (Number(response.headers.get('content-length') ?? 0) > limit) throw tooLarge()
    let length = 0
    for await (const chunk of response.body ?? []) {
      timer.restart()
      length += chunk.length
      if (length > limit) throw tooLarge()
      yield chunk
    }
  } catch (cause) {
    if (cause instanceof PhylumError) throw cause
    throw fail(url, timer.isLate() ? LATE : 'the answer was cut off', { cause })
  } finally {
    timer.stop()
    await response.body?.cancel().catch(() => {})
  }
}

const LATE = 'it did not answer in time'

function refuseStatus(status: number, url: URL, hint: string | undefined): PhylumError {
  if (status !== 401 && status !== 403) return fail(url, `it answers with status ${status}`)
  const state = `it asks for a credential, or refuses the one it got (status ${status})`
  return fail(url, state, { hints: hint === undefined ? [] : [hint] })
}

function fail(
  url: URL,
  state: string,
  details: ErrorDetails & { code?: ErrorCode } = {},
): PhylumError {
  return new PhylumError(
    details.code ?? 'ERR_REGISTRY_UNREACHABLE',
    `Cannot fetch "${display(hideSecrets(url.href), 200)}": ${state}`,
    details,
  )
}

interface Timer {
  readonly signal: AbortSignal
  restart(): void
  stop(): void
  isLate(): boolean
}

/** Ends a request for which nothing has come for a while: a server that says nothing would keep phylum for ever. */
function createTimer(patience: number): Timer {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout>
  const start = () => timer = setTimeout(() => controller.abort(), patience)
  start()
  return {
    signal: controller.signal,
    restart() {
      clearTimeout(timer)
      start()
    },
    stop: () => clearTimeout(timer),
    isLate: () => controller.signal.aborted,
  }
}
