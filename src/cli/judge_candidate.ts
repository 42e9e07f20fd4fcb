import { judge, readPolicy, verifyPublisher } from '#registry'
import type { Candidate, Source, Verdict } from '#registry'
import type { Context } from './compose.ts'

/**
 * Finds out who has signed an extension that was fetched, and what the policy says about it.
 *
 * @throws ERR_REGISTRY_TRUST for a wrong signature, ERR_REGISTRY_UNREACHABLE, ERR_CONFIG_TYPE for a rule without a meaning
 */
export async function judgeCandidate(
  context: Context,
  source: Source,
  { pack, signature, request }: Candidate,
): Promise<{ publisher: string | null; verdict: Verdict }> {
  const { trust } = await context.settings()
  const { fetch } = await context.platformFetch()
  const publisher = await verifyPublisher(pack, signature, trust.publishers, fetch)
  const policy = readPolicy(trust, context.environment['HOME'] ?? '/')
  return { publisher, verdict: judge(policy, { source, publisher, request }) }
}
