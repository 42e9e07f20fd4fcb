import type { Calls } from './calls.ts'

/** Where a standard stream of a command leads: to the extension's own, into the result, or nowhere. */
export type CommandStream = 'inherit' | 'piped' | 'null'

/** A command that is to run behind a wall of its own. */
export interface SandboxedCommand {
  /** Name of a program, or a path; the manifest's `run` must list it. */
  cmd: string
  args?: readonly string[]
  /** "piped" is input that is at its end. "inherit" where it is not told, as with the other two. */
  stdin?: CommandStream
  /** With "piped" it is kept, at most 16 MiB of it; a command that prints more is ended, and an error thrown. */
  stdout?: CommandStream
  stderr?: CommandStream
  /**
   * What it may do beside running, and what programs of the system need: nothing, unless it is listed here, and then only what the
   * manifest grants the extension itself. A place that does not exist is left out.
   */
  exceptions?: {
    read?: boolean | readonly string[]
    write?: boolean | readonly string[]
    /** Programs that it may start. */
    run?: boolean | readonly string[]
    /** Variables; PATH, and those that describe the terminal, are there. */
    env?: boolean | readonly string[]
    /** All of the network, which needs `net = true` in the manifest, or none. */
    net?: boolean
    /** Leaves out what programs of a system need to run: libraries, certificates, the time zone. */
    strict?: boolean
  }
}

/** What came of a command. */
export interface CommandResult {
  /** What it has printed, if that was kept. */
  stdout: string
  stderr: string
  success: boolean
  /** Number of the signal that has ended it, as far as its code tells. */
  signal: number | null
  /** Its exit code; 128 and the signal's number; 118 for a command that ends with 117 by itself. */
  code: number
}

/** Runs a command behind a wall of its own. */
export interface RunSandboxed {
  /**
   * Runs a command and waits for its end. The whole wall is around it, whatever the extension's own is, and the credential is not there.
   *
   * @throws NotCapable when the manifest does not grant what is asked for: `Requires run access to "npm"`
   * @throws ApiError with code `ERR_SANDBOX_START` when it cannot be started: there is no such command, or no whole wall here
   *
   * @example
   * ```ts
   * import { runSandboxed } from 'phylum'
   *
   * const { code, stdout } = runSandboxed({
   *   cmd: 'git',
   *   args: ['status', '--short'],
   *   stdout: 'piped',
   *   exceptions: { read: ['./'] },
   * })
   * ```
   */
  now(command: SandboxedCommand): CommandResult
  /** The same without waiting, at most sixteen at once. */
  later(command: SandboxedCommand): Promise<CommandResult>
}

const CALL = 'run_sandboxed'

/** Makes both ways to run a command. */
export function createRunSandboxed(calls: Calls): RunSandboxed {
  return {
    now: (command) => calls.now(CALL, command) as CommandResult,
    later: async (command) => await calls.later(CALL, command) as CommandResult,
  }
}
