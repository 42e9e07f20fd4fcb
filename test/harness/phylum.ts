import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import {
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { findLeak } from './canary.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** How phylum is started. */
export type Form = 'bun' | 'deno' | 'executable' | 'launcher'

const PLATFORM = `${process.platform}-${process.arch}`
export const BUN = findBinary(
  `@oven/bun-${PLATFORM}/bin/bun`,
  `@oven/bun-${PLATFORM.replace('arm64', 'aarch64')}/bin/bun`,
  'bun/bin/bun.exe',
)
export const DENO = findBinary(
  `@deno/${PLATFORM}-glibc/deno`,
  `@deno/${PLATFORM}/deno`,
  'deno/deno',
)
const MAIN = join(ROOT, 'src/main.ts')
export const EXECUTABLE = join(ROOT, 'dist/phylum')

/** Finds a runtime that npm has installed; where npm runs no install scripts, it stays in the package of its platform. */
function findBinary(...places: string[]): string {
  const found = places.map((place) => join(ROOT, 'node_modules', place)).find(existsSync)
  if (found === undefined) {
    throw new Error(`none of ${places.join(', ')} is installed: run npm install`)
  }
  return found
}

/** The command line that starts phylum in a form. */
export function commandOf(form: Form): string[] {
  if (form === 'bun') return [BUN, '--no-env-file', '--config=/dev/null', MAIN]
  if (form === 'deno') return [DENO, 'run', '-A', MAIN]
  if (form === 'launcher') return [join(ROOT, 'src/phylum.sh')]
  return [EXECUTABLE]
}

/** What `PHYLUM_TEST_FORMS=bun,deno,executable` asks for: more than the gate runs, or less while one works on something. */
const chosen = process.env['PHYLUM_TEST_FORMS']?.split(',') as Form[] | undefined

/** For tests of what depends on how phylum is started. */
export const FORMS: readonly Form[] = chosen ?? ['bun', 'deno', 'executable']

/** For tests of what depends on the runtime below it: processes, sockets, terminals, drivers. Bun is in the executable. */
export const RUNTIMES: readonly Form[] = chosen ?? ['deno', 'executable']

/** For tests of what is the same text in every form, which the tests of rooms run in both runtimes. */
export const ONE_FORM: readonly Form[] = chosen ?? ['executable']

/** How a command ended. */
export interface Outcome {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

/** A user's home of its own, thrown away with all that phylum wrote into it. */
export interface Home {
  path: string
  settingsFile: string
  extensions: string
  /** The environment of commands started with `phylum()`. */
  environment: Record<string, string>
  /** Runs phylum and waits for its end. */
  phylum(form: Form, args: readonly string[], options?: StartOptions): Promise<Outcome>
  /** Starts phylum and hands out the process. */
  start(form: Form, args: readonly string[], options?: StartOptions): ChildProcess
  /** Writes an extension below the home and gives its directory. */
  extension(name: string, files: Record<string, string>): string
  /** Looks for the credential in everything that lies below the home, but for the files where it belongs. */
  assertNoLeak(canary: string, ...texts: string[]): void
  /** Gives it and all that is in it to a user who owns nothing else. */
  giveAway(): void
  remove(): void
}

/** Starts a program as the user to whom a home was given away. */
export const AS_NOBODY: SpawnOptions = { uid: 65534, gid: 65534 }

/** Who attacks: root hides half of the mistakes, and lacks half of the obstacles, so where tests run as root, somebody else tries too. */
export const ATTACKERS: readonly ('self' | 'nobody')[] = process.getuid?.() === 0
  ? ['self', 'nobody']
  : ['self']

export interface StartOptions {
  environment?: Record<string, string | undefined>
  input?: string
  directory?: string
  spawn?: SpawnOptions
  /** Words in front of the command, as in `["strace", "-f"]`; their first is a path. */
  under?: readonly string[]
  /** Kills the command after so many milliseconds; a test that needs this has failed. */
  limit?: number
}

/** Makes a home. */
export function createHome(): Home {
  const path = mkdtempSync(join(tmpdir(), 'phylum-home-'))
  for (const each of ['run', 'tmp', 'work']) mkdirSync(join(path, each), { mode: 0o700 })
  const environment: Record<string, string> = {
    HOME: path,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    XDG_CONFIG_HOME: join(path, 'config'),
    XDG_DATA_HOME: join(path, 'data'),
    XDG_STATE_HOME: join(path, 'state'),
    XDG_CACHE_HOME: join(path, 'cache'),
    XDG_RUNTIME_DIR: join(path, 'run'),
    TMPDIR: join(path, 'tmp'),
    PHYLUM_DENO: DENO,
    // Deno, where it is the host, would fill a cache below the home; it is warm and shared between tests.
    DENO_DIR: join(tmpdir(), 'phylum-test-deno'),
  }
  const settingsFile = join(path, 'config/phylum/settings.yaml')

  function start(form: Form, args: readonly string[], options: StartOptions = {}): ChildProcess {
    const [command, ...head] = [...(options.under ?? []), ...commandOf(form)]
    const env: Record<string, string> = { ...environment }
    for (const [name, value] of Object.entries(options.environment ?? {})) {
      if (value === undefined) delete env[name]
      else env[name] = value
    }
    return spawn(command!, [...head, ...args], {
      cwd: options.directory ?? join(path, 'work'),
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options.spawn,
    })
  }

  return {
    path,
    settingsFile,
    extensions: join(path, 'data/phylum/extensions'),
    environment,
    start,
    async phylum(form, args, options = {}) {
      const child = start(form, args, options)
      child.stdin?.on('error', () => {})
      child.stdin?.end(options.input ?? '')
      return await outcomeOf(child, options.limit)
    },
    extension(name, files) {
      const directory = join(path, 'work', name)
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, file)), { recursive: true })
        writeFileSync(join(directory, file), text)
      }
      return directory
    },
    assertNoLeak(canary, ...texts) {
      for (const text of texts) {
        assert.equal(findLeak(text, canary), undefined, `a leak in: ${text}`)
      }
      for (const file of listFiles(path)) {
        if (file === settingsFile) continue
        assert.equal(findLeak(readFileSync(file), canary), undefined, `a leak in ${file}`)
      }
    },
    giveAway() {
      const { uid, gid } = AS_NOBODY
      chownSync(path, uid!, gid!)
      for (const name of readdirSync(path, { recursive: true }) as string[]) {
        lchownSync(join(path, name), uid!, gid!)
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** Collects what a process prints until it ends. */
export async function outcomeOf(child: ChildProcess, limit = 60_000): Promise<Outcome> {
  const collect = (stream: ChildProcess['stdout']) => {
    const chunks: Uint8Array[] = []
    stream?.on('data', (chunk) => chunks.push(chunk))
    return () => Buffer.concat(chunks).toString()
  }
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const timer = setTimeout(() => child.kill('SIGKILL'), limit)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...how) => resolve(how))
  })
  clearTimeout(timer)
  return { code, signal, stdout: stdout(), stderr: stderr() }
}

/** Runs a test with a home of its own. */
export function withHome(body: (home: Home) => Promise<void>): () => Promise<void> {
  return async () => {
    const home = createHome()
    try {
      await body(home)
    } finally {
      home.remove()
    }
  }
}

function listFiles(directory: string): string[] {
  const files: string[] = []
  for (const name of readdirSync(directory, { recursive: true }) as string[]) {
    const path = join(directory, name)
    // A link to the settings is no copy of them.
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) files.push(path)
  }
  return files
}

/** Whether this is `npm run soak`: the same tests, with a hundred times as much of what wears out. */
export const IS_SOAK = Boolean(process.env['PHYLUM_SOAK'])

/** Runs a test on all runtimes at once, each with a home of its own: for tests that mostly wait. */
export function onAllRuntimes(
  body: (home: Home, form: Form) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const results = await Promise.allSettled(RUNTIMES.map((form) =>
      withHome(async (home) => {
        try {
          await body(home, form)
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          throw new Error(`[${form}] ${reason}`, { cause: error })
        }
      })()
    ))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
}
