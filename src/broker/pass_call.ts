import { PhylumError } from '#base'
import { MAX_CALL } from '#protocol'
import type { Incoming } from './incoming.ts'

/** Answers the text of a question with the text of an answer; never rejects. */
export type AnswerCall = (question: string, signal: AbortSignal) => Promise<string>

/**
 * Passes a guest's question on to the host, and its answer back. The broker reads nothing of either.
 *
 * @throws ERR_BROKER_METHOD, ERR_BROKER_REQUEST
 */
export async function passCall(incoming: Incoming, answer: AnswerCall): Promise<Response> {
  if (incoming.method !== 'POST') {
    throw new PhylumError('ERR_BROKER_METHOD', 'Cannot answer the call: its method is not POST')
  }
  const text = await answer(await readQuestion(incoming), incoming.signal)
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}

/** Reads a body up to the limit: the guest could send for ever, into the memory of the host. */
async function readQuestion({ body }: Incoming): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_CALL) {
      throw new PhylumError(
        'ERR_BROKER_REQUEST',
        `Cannot answer the call: it is longer than ${MAX_CALL} bytes`,
      )
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
