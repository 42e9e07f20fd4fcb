import { Refusal } from './refusal.ts'
import type { Answer, RepeatableRequest, Store } from './store.ts'

/**
 * Does a request once, however often it is sent: a repetition gets the answer that was given the first time. What was
 * done and that it was answered are kept together, or neither. A refusal is not kept: the repetition is tried anew.
 *
 * @param act uses the store that it is given, and may be called again
 * @throws ERR_SERVER_REQUEST with status 422 when the sender used the key for another request
 */
export async function answerOnce(
  store: Store,
  request: RepeatableRequest,
  act: (store: Store) => Promise<Answer>,
): Promise<Answer & { isRepetition: boolean }> {
  return await store.transaction(async (inside) => {
    const found = await inside.findAnswer(request)
    if (found === 'other') throw refuseOtherRequest()
    if (found !== undefined) return { ...found, isRepetition: true }
    const answer = await act(inside)
    await inside.keepAnswer(request, answer)
    return { ...answer, isRepetition: false }
  })
}

/** Builds the refusal of a request whose Idempotency-Key its sender has used for another one. */
export function refuseOtherRequest(): Refusal {
  return new Refusal(
    422,
    'Cannot repeat the request: its Idempotency-Key belongs to another request',
  )
}
