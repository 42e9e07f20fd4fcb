import { PhylumError } from '#base'
import type { Slot } from './queue.ts'
import type { Send } from './send.ts'
import type { Target } from './target.ts'

/** Where the API tells about its key service. */
const CONFIGURATION_PATH = '/locksmith/v1/.well-known/locksmith-configuration'

/** The endpoint by which extensions ask whose credential it is; in a manifest, "GET /userinfo". */
const USER_INFO_PATH = '/api/v0/userinfo'

/** Longest description of a key service, in characters. */
const MAX_CONFIGURATION = 64 * 1024

/** Asks the key service whose credential it is. */
export type AskUserInfo = (signal: AbortSignal, slot: Slot) => Promise<Response>

/** Answers whether a request asks whose credential it is. */
export function isUserInfo(method: string, target: Target): boolean {
  return method === 'GET' && target.path === USER_INFO_PATH && target.search === ''
}

/**
 * Makes the road to the one place outside the API path that extensions may ask. They do not name it: the API does, and only on its
 * own origin, for which the credential is. What allows it is the manifest's `[api]`, as with any endpoint.
 */
export function createUserInfo(apiOrigin: string, send: Send): AskUserInfo {
  const at = (path: string): Target => ({ path, search: '', url: new URL(apiOrigin + path) })
  const headers = () => new Headers({ accept: 'application/json' })
  let found: string | undefined

  async function find(signal: AbortSignal): Promise<string> {
    const target = at(CONFIGURATION_PATH)
    const response = await send({ method: 'GET', target, headers: headers(), body: null, signal })
    const url = response.ok ? readEndpoint(await readStart(response)) : undefined
    await response.body?.cancel().catch(() => {})
    // Elsewhere, the credential would be given to whoever has written this document.
    if (url?.origin === apiOrigin && url.search === '') return url.pathname
    throw new PhylumError(
      'ERR_BROKER_RESPONSE',
      'Cannot ask whose credential it is: the API names no place of its own for that',
    )
  }

  return async (signal, slot) => {
    const target = at(found ??= await find(signal))
    return await send({ method: 'GET', target, headers: headers(), body: null, signal, slot })
  }
}

function readEndpoint(text: string): URL | undefined {
  try {
    return new URL(JSON.parse(text)?.userinfo_endpoint)
  } catch {
    return undefined
  }
}

/** Reads a short answer; of a long one, no more than a short one has. */
async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_CONFIGURATION) break
  }
  return text
}
