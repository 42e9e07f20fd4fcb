import { PhylumError } from '#base'
import { wireError } from '#broker'
import type { Call, CallAnswer } from '#protocol'

/**
 * Does what a guest asks. The parameters are the guest's, and not to be believed in anything.
 *
 * @param signal aborts when nobody waits for the result any more
 */
export type CallFunction = (parameters: unknown, signal: AbortSignal) => Promise<unknown>

/** What a guest may ask of its host, by name. */
export type CallFunctions = Readonly<Record<string, CallFunction>>

/** Answers one question; whatever is wrong with it is the answer. */
export async function answerCall(
  question: string,
  functions: CallFunctions,
  signal: AbortSignal,
): Promise<CallAnswer> {
  try {
    const { call, parameters } = parseCall(question)
    // Its own names alone: "constructor" is one that every object has.
    const answer = Object.hasOwn(functions, call) ? functions[call] : undefined
    if (answer === undefined) throw unknown('there is no such call')
    return { result: await answer(parameters, signal) ?? null }
  } catch (error) {
    return wireError(error)
  }
}

/**
 * Reads a question, of which nothing is known yet.
 *
 * @throws ERR_HOST_CALL
 */
export function parseCall(question: string): Call {
  let value: unknown
  try {
    value = JSON.parse(question)
  } catch {
    throw unknown('it is not JSON')
  }
  if (typeof value !== 'object' || value === null || !('call' in value)) {
    throw unknown('it does not say what is to be done')
  }
  const { call, parameters, capability } = value as Record<string, unknown>
  if (typeof call !== 'string') throw unknown('it does not say what is to be done')
  return { call, parameters, ...(typeof capability === 'string' ? { capability } : {}) }
}

function unknown(state: string): PhylumError {
  return new PhylumError('ERR_HOST_CALL', `Cannot answer the call: ${state}`)
}
