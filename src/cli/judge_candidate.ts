import { PhylumError } from '#base'
import type { Fetch } from '#base'
import { judge, readPolicy, verifyPublisher } from '#registry'
import type { Candidate, Source, Verdict } from '#registry'
import type { Context } from './compose.ts'

/** What is judged. */
export interface Judged {
  source: Source
  request: Candidate['request']
  /** The bytes that a publisher signs with their signature, or who has signed them, where that is known. */
  signed: Pick<Candidate, 'pack' | 'signature'> | { publisher: string | null }
}

/**
 * Finds out who of the trusted publishers has signed an extension, and what the policy of the settings says about it.
 *
 * @throws ERR_REGISTRY_TRUST for a wrong signature, ERR_REGISTRY_UNREACHABLE, ERR_CONFIG_TYPE for a rule without a meaning
 */
export async function judgeCandidate(
  context: Context,
  { source, request, signed }: Judged,
): Promise<{ publisher: string | null; verdict: Verdict }> {
  const { trust } = await context.settings()
  const publisher = 'publisher' in signed
    // Whoever is trusted no more has signed nothing.
    ? trust.publishers.find(({ name }) => name === signed.publisher)?.name ?? null
    : await verifyPublisher(
      signed.pack,
      signed.signature,
      trust.publishers,
      createKeyFetch(context),
    )
  const policy = readPolicy(trust, context.environment['HOME'] ?? '/')
  return { publisher, verdict: judge(policy, { source, publisher, request }) }
}

/** Makes the `fetch` for the keys of publishers: where certificates are not checked, anybody on the way could hand out keys. */
function createKeyFetch(context: Context): Fetch {
  return async (input, init) => {
    const { fetch, ignoresCerts } = await context.platformFetch()
    if (!ignoresCerts) return await fetch(input, init)
    throw new PhylumError(
      'ERR_REGISTRY_TRUST',
      'Cannot check a signature: without a check of certificates, nobody knows whose the keys are',
      { hints: ['leave out --ignore-certs, and "ignore_certs" in the settings'] },
    )
  }
}
