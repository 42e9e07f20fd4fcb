import { display, PhylumError } from '#base'

/** Longest refused value that is shown whole, in characters. */
const MAX_SHOWN = 100

/**
 * Builds the error for a value that no permission can be made of.
 *
 * @param kind the manifest's key: "read", "net", …
 * @param state what is wrong with it, beginning with "it" or "its"
 */
export function refusal(kind: string, value: string, state: string): PhylumError {
  return new PhylumError(
    'ERR_PERMISSIONS_VALUE',
    `Cannot grant ${kind} "${display(value, MAX_SHOWN)}": ${state}`,
  )
}
