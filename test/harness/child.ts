import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** How a script is started. */
export interface ChildOptions {
  /** Words in front of the runtime, as in `["strace", "-f"]`. */
  under?: readonly string[]
  environment?: Record<string, string>
  /** Starts the script as user and group 65534, which own nothing; its HOME is `home`. */
  unprivileged?: { home: string }
}

/** What came of a script. */
export interface ChildResult {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

/** Starts a TypeScript file in a process of its own, under the runtime that runs the test. */
export function startChild(
  script: URL,
  args: readonly string[],
  options: ChildOptions = {},
): ChildProcess {
  const runtime = 'Deno' in globalThis ? ['run', '-A', '--no-check', '--no-lock'] : []
  const words = [
    ...(options.unprivileged === undefined
      ? []
      : ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']),
    ...(options.under ?? []),
    process.execPath,
    ...runtime,
    fileURLToPath(script),
    ...args,
  ]
  const home = options.unprivileged?.home
  const environment = {
    ...process.env,
    ...(home === undefined ? {} : { HOME: home, DENO_DIR: `${home}/deno` }),
    ...options.environment,
  }
  return spawn(words[0] ?? '', words.slice(1), { env: environment })
}

/** Runs a TypeScript file to its end. */
export async function runChild(
  script: URL,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> {
  const child = startChild(script, args, options)
  const result: ChildResult = { code: null, signal: null, stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk) => result.stdout += chunk)
  child.stderr?.on('data', (chunk) => result.stderr += chunk)
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      result.code = code
      result.signal = signal
      resolve()
    })
  })
  return result
}

/** Resolves when a child has printed a text on its standard output. */
export function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = ''
    child.stdout?.on('data', (chunk) => {
      seen += chunk
      if (seen.includes(text)) resolve()
    })
    child.on('close', () => reject(new Error(`the child ended before it printed "${text}"`)))
  })
}

/** Answers why system calls cannot be made to fail here, or `undefined` when they can. */
export function whyNoStrace(): string | undefined {
  const run = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'])
  if (run.error !== undefined) return 'strace is not installed'
  return run.status === 0 ? undefined : 'tracing (ptrace) is not allowed here'
}

/** Answers why a test cannot act as another user, or `undefined` when it can. */
export function whyNotRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'only root can act as another user'
}
