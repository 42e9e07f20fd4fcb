import process from 'node:process'
import { LAUNCHER_SOURCE } from './launcher.generated.ts'

/** How the launcher is started: by the very program that runs phylum. */
export interface LauncherRuntime {
  command: readonly string[]
  environment: Readonly<Record<string, string>>
  /** What it needs to start, itself included. */
  files: readonly string[]
}

/**
 * Makes the command line of the launcher. Nothing of the working directory and of the environment takes part in it: its
 * program is text on the command line, and no file is looked for.
 *
 * @param files what the runtime needs beside itself
 */
export function launcherRuntime(files: readonly string[]): LauncherRuntime {
  const runtime = process.execPath
  if ('Bun' in globalThis) {
    return {
      command: [runtime, '--no-env-file', '--config=/dev/null', '-e', LAUNCHER_SOURCE],
      // The executable is Bun with phylum in it, and is plain Bun when it is told so.
      environment: { BUN_BE_BUN: '1' },
      files: [runtime, ...files],
    }
  }
  const program = `data:text/javascript;base64,${Buffer.from(LAUNCHER_SOURCE).toString('base64')}`
  return {
    command: [
      runtime,
      'run',
      '--quiet',
      '--no-config',
      '--no-lock',
      '--no-remote',
      '--no-npm',
      '--cached-only',
      '--no-prompt',
      '--no-code-cache',
      '--allow-ffi',
      program,
    ],
    environment: { DENO_NO_UPDATE_CHECK: '1', DENO_DIR: '/dev/null/none' },
    files: [runtime, ...files],
  }
}
