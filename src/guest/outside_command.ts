/** A command for the host to run, outside of the sandbox. */
export interface OutsideCommand {
  cmd: string
  args: readonly string[]
  cwd?: string | undefined
  env?: Readonly<Record<string, string>> | undefined
  clearEnv?: boolean | undefined
  stdin: OutsideStream
  stdout: OutsideStream
  stderr: OutsideStream
  /** What it reads from a piped stdin. */
  input?: Uint8Array | undefined
}

/** Where a stream leads. */
export type OutsideStream = 'inherit' | 'piped' | 'null'

/** What came of it. */
export interface OutsideResult {
  success: boolean
  code: number
  /** Name of the signal that has ended it, as far as its code tells. */
  signal: string | null
  stdout: Uint8Array
  stderr: Uint8Array
}

/** Runs commands outside of the sandbox, those that the manifest lists. */
export interface Outside {
  isListed(program: string): boolean
  now(command: OutsideCommand): OutsideResult
  later(command: OutsideCommand, signal?: AbortSignal): Promise<OutsideResult>
}
