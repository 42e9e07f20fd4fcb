import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { homedir } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { findLibraries, findPrograms, putUp, startGuest } from '#sandbox'
import type { Ending, Guest, Layers, NamespaceMaker, Plan } from '#sandbox'
import { runChild } from './child.ts'
import { BUN } from './phylum.ts'

/** User and group that own nothing. */
export const NOBODY = 65534

/** What is put around a program, and what it may do. */
export interface WallTrial {
  layers: Layers
  granted?: Partial<Plan['granted']>
  denyAccess?: readonly string[]
  denyWrite?: readonly string[]
  /** Directory in which it starts, and below which everything else lies. */
  directory: string
}

/** How a program fared. */
export interface Fared extends Ending {
  /** What it has told by `tell()`, one entry for each call. */
  told: readonly unknown[]
}

/** A directory in which others can see what a test makes, and that everybody behind the wall does not have one of their own of, as of /tmp. */
export const STABLE = process.getuid?.() === 0
  ? ['/srv', '/opt', '/mnt'].find(existsSync) ?? '/'
  : homedir()

/** Layers that a wall can have, each alone; tests switch them on and off here, and nobody can elsewhere. */
export const NO_LAYERS: Layers = { namespaces: null, landlock: false, seccomp: false }

/** What makes namespaces; both are tried where both are there. */
export const MAKERS: readonly NamespaceMaker[] = [
  { kind: 'launcher' },
  ...(existsSync('/usr/bin/bwrap') ? [{ kind: 'bwrap', path: '/usr/bin/bwrap' } as const] : []),
]

/** What every program of a trial begins with: `tell()`, and system calls by number. */
const PRELUDE = `
import { appendFileSync } from 'node:fs'
import { dlopen, ptr, read } from 'bun:ffi'
const OUT = process.argv[2]
const tell = (value) => appendFileSync(OUT, JSON.stringify(value) + '\\n')
const libc = dlopen('libc.so.6', {
  syscall: { args: Array(7).fill('i64'), returns: 'i64' },
  __errno_location: { args: [], returns: 'ptr' },
}).symbols
const column = process.arch === 'arm64' ? 1 : 0
const kept = []
const plain = (value) => {
  if (typeof value === 'string') value = new TextEncoder().encode(value + '\\0')
  if (typeof value !== 'object') return value
  kept.push(value)
  return ptr(value)
}
/** Gives the result of a system call, or the negative number of its error. */
const call = (numbers, ...args) => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(plain)
  const result = Number(libc.syscall(numbers[column], a, b, c, d, e, f))
  return result === -1 ? -read.i32(libc.__errno_location()) : result
}
`

/** Lays a run out, and gives its plan and the file that is its program. */
export async function planOf(trial: WallTrial): Promise<{ plan: Plan; guest: string }> {
  const { directory } = trial
  const run = join(directory, 'runs/phylum/run-1')
  for (const each of ['guest', 'scratch/tmp']) mkdirSync(join(run, each), { recursive: true })
  mkdirSync(join(directory, 'extension'), { recursive: true })
  for (const name of ['broker.sock', 'scratch/out']) writeFileSync(join(run, name), '')
  const plan: Plan = {
    engine: BUN,
    libraries: await findLibraries(BUN),
    runDirectory: run,
    socket: join(run, 'broker.sock'),
    extensionDirectory: join(directory, 'extension'),
    modules: null,
    stateDirectory: null,
    missing: [],
    workingDirectory: directory,
    granted: {
      read: [],
      write: [],
      env: [],
      run: [],
      unsandboxedRun: [],
      net: [],
      api: [],
      ...trial.granted,
    },
    ...findPrograms(trial.granted?.run ?? [], '/usr/bin:/bin'),
    denyAccess: trial.denyAccess ?? [],
    denyWrite: trial.denyWrite ?? [],
    args: [],
    environment: {},
  }
  return { plan, guest: join(run, 'guest/guest.js') }
}

/** A program that runs behind a wall. */
export interface Trial {
  guest: Guest
  /** Reads what it has told so far. */
  told(): unknown[]
}

/**
 * Starts a program under Bun, which has no permissions of its own, behind a wall of one's choice.
 *
 * @param program JavaScript that calls `tell(value)`; `call([x64, arm64], …)` makes a system call
 */
export async function startTrial(trial: WallTrial, program: string): Promise<Trial> {
  const { plan, guest: file } = await planOf(trial)
  const out = join(plan.runDirectory, 'scratch/out')
  writeFileSync(file, `const HOST = ${process.pid}\n${PRELUDE}${program}`)
  const guest = await startGuest(putUp(
    plan,
    {
      command: BUN,
      args: ['--no-env-file', '--config=/dev/null', file, out],
      environment: { PATH: '/usr/bin:/bin', TMPDIR: join(plan.runDirectory, 'scratch/tmp') },
    },
    trial.layers,
  ))
  return {
    guest,
    told: () =>
      readFileSync(out, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)),
  }
}

/** Runs such a program to its end. */
export async function tryWall(trial: WallTrial, program: string): Promise<Fared> {
  // As the host does: a socket of some other program may have gone while it was to be covered.
  for (let attempt = 0;; attempt++) {
    const { guest, told } = await startTrial(trial, program)
    const ending = await guest.ended
    const layer = ending.failure?.layer
    const isPassing = layer === 'namespaces' || layer === 'files'
    if (!isPassing || attempt === 3) return { ...ending, told: told() }
  }
}

/** Does the same in a process of its own, and so as somebody who is not root, if one likes. */
export async function tryWallAs(
  user: 'self' | 'nobody',
  trial: WallTrial,
  program: string,
): Promise<Fared & { stderr: string }> {
  const script = new URL('./wall_child.ts', import.meta.url)
  const spec = join(trial.directory, 'trial.json')
  writeFileSync(spec, JSON.stringify({ trial, program }))
  if (user === 'nobody') giveAway(trial.directory)
  const { code, stdout, stderr } = await runChild(
    script,
    [spec],
    user === 'nobody' ? { unprivileged: { home: trial.directory } } : {},
  )
  if (code !== 0) throw new Error(`${fileURLToPath(script)} ended with ${code}: ${stderr}`)
  const fared = JSON.parse(stdout.slice(stdout.lastIndexOf('{"fared"'))).fared
  return { ...fared, stderr }
}

/** Makes somebody else the owner of a directory and all that is in it. */
function giveAway(directory: string): void {
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, directory])
  chownSync(dirname(directory) === '/tmp' ? directory : dirname(directory), NOBODY, NOBODY)
}
