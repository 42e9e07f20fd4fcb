import { display, PhylumError, systemCode } from '#base'
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Policy } from '#server'
import type { Given } from './command.ts'
import { textOption } from './command.ts'
import type { Context } from './compose.ts'

/** Largest policy, in bytes. */
const MAX_BYTES = 16 << 20

/**
 * Reads the policy that `--policy` names; without the option, there is none.
 *
 * @throws ERR_SERVER_POLICY, with line and column where it can
 */
export async function readPolicyOption(
  given: Given,
  { workingDirectory }: Pick<Context, 'workingDirectory'>,
): Promise<{ policy?: Policy }> {
  const text = textOption(given, 'policy')
  if (text === undefined) return {}
  const file = resolve(workingDirectory, text)
  const { readPolicy } = await import('#server')
  return { policy: await readPolicy(readBytes(file), file) }
}

function readBytes(file: string): Uint8Array {
  const refuse = (state: string, cause?: unknown) =>
    new PhylumError('ERR_SERVER_POLICY', `Cannot read policy "${display(file)}": ${state}`, {
      cause,
    })
  try {
    const status = statSync(file)
    if (!status.isFile()) throw refuse('it is not a regular file')
    if (status.size > MAX_BYTES) throw refuse(`it is larger than ${MAX_BYTES >> 20} MiB`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof PhylumError) throw error
    const code = systemCode(error)
    const state = code === 'ENOENT' ? 'it does not exist' : `the system reported ${code}`
    throw refuse(state, error)
  }
}
