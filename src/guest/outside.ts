/**
 * What an extension gets beside the guest when its manifest lists programs in `unsandboxed_run`: the engine's own ways to start a
 * program lead, for those, to the host of the run. A module of its own, which few runs load.
 */
import type { Calls } from './calls.ts'
import type { Outside, OutsideCommand, OutsideResult } from './outside_command.ts'
import { replaceInBun } from './outside_bun.ts'
import { replaceInDeno } from './outside_deno.ts'

const CALL = 'run_outside'

/**
 * Makes the engine start listed programs outside of the sandbox. Which these are is for the host to decide; here it only depends
 * on whether it is asked.
 *
 * @param listed names and paths, or true for every program
 */
export function runOutside(calls: Calls, listed: true | readonly string[]): void {
  const outside: Outside = {
    isListed: (program) =>
      listed === true ||
      listed.some((each) => each === program || program.startsWith(`${each}/`)),
    now: (command) => decode(calls.now(CALL, encode(command))),
    later: async (command, signal) => decode(await calls.later(CALL, encode(command), signal)),
  }
  if ('Bun' in globalThis) replaceInBun(outside)
  else replaceInDeno(outside)
}

function encode({ input, ...command }: OutsideCommand): unknown {
  return { ...command, ...(input === undefined ? {} : { input: toBase64(input) }) }
}

function decode(result: unknown): OutsideResult {
  const { stdout, stderr, ...end } = result as Omit<OutsideResult, 'stdout' | 'stderr'> & {
    stdout: string
    stderr: string
  }
  return { ...end, stdout: fromBase64(stdout), stderr: fromBase64(stderr) }
}

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(text)
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (each) => each.charCodeAt(0))
}
