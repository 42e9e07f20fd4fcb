import { createKey } from './account.ts'
import type { CreatedKey } from './account.ts'
import { answerOnce, refuseOtherRequest } from './answer_once.ts'
import { Refusal } from './refusal.ts'
import type { Answer, RepeatableRequest, Store } from './store.ts'

/**
 * Makes an API key once, however often that is asked for. Who asks again is told that it is done, and not the key:
 *
 * - The key in clear is kept nowhere, not for a day either, or a copy of the database would hold what it must not.
 * - Nor is it sealed with the sender's Idempotency-Key, of which the database has the hash alone: some senders number
 *   their requests, and who has a copy can try all numbers.
 * - Nor is another key made in its place: the first may have arrived after all, and would live on unknown to anybody.
 *
 * So the sender that lost the answer has lost the key. It finds the name in the refusal, revokes it, and asks anew.
 *
 * @throws ERR_API_EXISTS with status 409 when the request has been done before, or there is a key of this name;
 * ERR_SERVER_REQUEST for a bad name, or with status 422 when the sender used its Idempotency-Key for another request
 */
export async function createKeyOnce(
  store: Store,
  request: RepeatableRequest,
  key: { name: string; expiresAt?: number },
): Promise<CreatedKey> {
  let created: CreatedKey | undefined
  const { body, isRepetition } = await answerOnce(store, request, async (inside) => {
    created = await createKey(inside, request.userId, key)
    return { status: 201, body: created.key.name }
  })
  if (created !== undefined && !isRepetition) return created
  throw refuseRepetition({ status: 201, body })
}

/** Builds the answer to a request that has been done before, or whose Idempotency-Key belongs to another one. */
export function refuseRepetition(found: Answer | 'other'): Refusal {
  if (found === 'other') return refuseOtherRequest()
  return new Refusal(
    409,
    `Cannot show key "${found.body}" again: an earlier request with this Idempotency-Key has made it; revoke it to make another`,
  )
}
