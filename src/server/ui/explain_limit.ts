import { Refusal } from '../refusal.ts'
import type { PageAnswer } from './response.ts'

/**
 * Shows that there were too many attempts, or too many people at once, on the page itself, beside what was typed.
 *
 * @throws every other error
 */
export function explainLimit(
  error: unknown,
  render: (errors: { '': string }) => PageAnswer,
): PageAnswer {
  if (!(error instanceof Refusal)) throw error
  const { status, headers, message } = error
  const seconds = Number(headers['retry-after'])
  if (Number.isNaN(seconds)) throw error
  const minutes = Math.ceil(seconds / 60)
  const wait = minutes <= 1 ? 'a minute' : `${minutes} minutes`
  const reason = message.slice(message.indexOf(': ') + 2)
  const text = `${reason[0]!.toUpperCase()}${reason.slice(1)}. Try again in ${wait}.`
  return { ...render({ '': text }), status, headers }
}
