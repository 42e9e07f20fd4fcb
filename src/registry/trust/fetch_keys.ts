import { display, PhylumError } from '#base'
import type { Fetch } from '#base'
import { isPublicKey } from '#config'
import type { PublicKey } from '#config'

/** Largest set of keys, in bytes. */
const MAX_BYTES = 64 * 1024

/** Most keys of a set that are looked at. */
const MAX_KEYS = 50

/** How long a set may take to arrive, in milliseconds. */
const PATIENCE = 10_000

/** A key of a set, with the name that the set gives it. */
export interface NamedKey {
  readonly keyId: string | null
  readonly key: PublicKey
}

/**
 * Fetches a JWK Set (RFC 7517, section 5), and takes its Ed25519 keys. It is fetched anew each time: a key that was taken out counts no
 * more, and a new one at once.
 *
 * @throws ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_TRUST when it is no such set
 */
export async function fetchKeys(url: string, fetch: Fetch): Promise<NamedKey[]> {
  const fail = (
    code: 'ERR_REGISTRY_UNREACHABLE' | 'ERR_REGISTRY_TRUST',
    state: string,
    cause?: unknown,
  ) => new PhylumError(code, `Cannot get the keys of "${display(url)}": ${state}`, { cause })
  let text: string
  try {
    const response = await fetch(url, {
      // Whoever is redirected to would be trusted in the place of the host that was named.
      redirect: 'manual',
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw fail('ERR_REGISTRY_UNREACHABLE', `the answer was ${response.status}`)
    }
    text = await readBounded(response, () => fail('ERR_REGISTRY_TRUST', 'the set is too large'))
  } catch (cause) {
    if (cause instanceof PhylumError) throw cause
    throw fail('ERR_REGISTRY_UNREACHABLE', 'the host cannot be reached', cause)
  }
  const keys = parseSet(text)
  if (keys === undefined) throw fail('ERR_REGISTRY_TRUST', 'the answer is no JWK Set')
  return keys.slice(0, MAX_KEYS).filter(isPublicKey).map((key) => {
    const { kid, x } = key as PublicKey & { kid?: unknown }
    return {
      keyId: typeof kid === 'string' ? kid : null,
      key: { kty: 'OKP', crv: 'Ed25519', x },
    }
  })
}

async function readBounded(response: Response, tooLarge: () => Error): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_BYTES) throw tooLarge()
  }
  return text
}

function parseSet(text: string): unknown[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown }
    return Array.isArray(keys) ? keys : undefined
  } catch {
    return undefined
  }
}
