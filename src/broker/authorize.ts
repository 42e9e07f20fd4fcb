import { PhylumError } from '#base'
import { isGranted, suggestEndpoint } from '#permissions'
import type { ApiGrant } from '#permissions'
import { Denied } from './failure.ts'

/** Methods that pass. CONNECT and TRACE would tunnel or echo the credential; the rest has no use for an API client. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * What a run may ask of the API. `'ask'` stands for a manifest that does not say: the first request puts the question to
 * the user, and the answer holds for the run.
 */
export type Grant = ApiGrant | 'ask'

/** Decides whether a request may be sent. */
export type Authorize = (method: string, path: string) => Promise<void>

/**
 * Refuses a request that does not prove to come from this run's guest: other processes of the same user, and the guests
 * of other runs, may find its socket, or its pipes.
 *
 * @throws ERR_BROKER_CAPABILITY
 */
export function assertCapability(shown: unknown, capability: string): void {
  const encoder = new TextEncoder()
  if (!isSame(encoder.encode(typeof shown === 'string' ? shown : ''), encoder.encode(capability))) {
    throw new PhylumError(
      'ERR_BROKER_CAPABILITY',
      'Cannot answer: the request does not belong to this run',
    )
  }
}

/** Compares without telling by its time how many bytes agree, which would let a stranger find them one by one. */
function isSame(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length
  for (let i = 0; i < right.length; i++) difference |= (left[i] ?? 0) ^ right[i]!
  return difference === 0
}

/** Refuses a method that no API client needs. @throws ERR_BROKER_METHOD */
export function assertMethod(method: string): void {
  if (!METHODS.has(method)) {
    throw new PhylumError(
      'ERR_BROKER_METHOD',
      'Cannot send the request: its method is not one of ' + [...METHODS].join(', '),
    )
  }
}

/**
 * Makes the decision over endpoints.
 *
 * @param ask puts the question for a manifest without `[api]` table; called once, and its answer is kept
 */
export function createAuthorize(grant: Grant, ask: () => Promise<boolean>): Authorize {
  let answer: Promise<boolean> | undefined
  return async (method, path) => {
    // A "yes" to the question is a grant of everything, and that has never meant a path that can be read in two ways.
    const allowed = isGranted(grant === 'ask' || grant, method, path) &&
      (grant !== 'ask' || await (answer ??= ask()))
    if (allowed) return
    const entry = suggestEndpoint(method, path)
    throw new Denied(
      `Cannot send "${entry}": the manifest does not grant it`,
      `[api] allow = [${JSON.stringify(entry)}]`,
    )
  }
}
