import { PhylumError, systemCode } from '#base'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Launch } from './plan.ts'

/** Where a standard stream leads: to the host's own, into its hands, nowhere, or to a descriptor of the host. */
export type Stream = 'inherit' | 'pipe' | 'ignore' | number

/** A process of this host. */
export interface Process {
  pid: number
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Its standard streams, where they are in the host's hands. */
  streams: Pick<ChildProcess, 'stdin' | 'stdout' | 'stderr'>
  /** What it writes to descriptor 3, where it was given one. */
  reports: AsyncIterable<Uint8Array>
}

/** What a process gets besides its standard streams. */
export interface Extra {
  /** Descriptor of the host that it has as its fourth; its third leads to the host. */
  descriptor: number
  directory: string
  /** What lists of processes call it. */
  name: string
}

/**
 * Starts a process in a session of its own.
 *
 * @throws ERR_SANDBOX_START
 */
export async function startProcess(
  launch: Launch,
  streams: readonly [stdin: Stream, stdout: Stream, stderr: Stream],
  extra?: Extra,
): Promise<Process> {
  // What Bun starts by itself takes a fifteenth of the time that its node:child_process takes.
  const isShort = 'Bun' in globalThis && !streams.includes('pipe')
  try {
    return await (isShort ? startInBun : startInNode)(launch, streams, extra)
  } catch (cause) {
    const reason = systemCode(cause)
    throw new PhylumError(
      'ERR_SANDBOX_START',
      `Cannot start the engine${reason === undefined ? '' : `: ${reason}`}`,
      { cause },
    )
  }
}

/** What the types of Bun know of its lists of streams. */
type Streams = ['inherit', 'inherit', 'inherit']

function startInBun(
  { command, args, environment }: Launch,
  streams: readonly Stream[],
  extra: Extra | undefined,
): Process {
  const child = Bun.spawn([command, ...args], {
    detached: true,
    stdio: [...streams, ...(extra === undefined ? [] : ['pipe', extra.descriptor])] as Streams,
    env: environment,
    ...(extra === undefined ? {} : { cwd: extra.directory, argv0: extra.name }),
  })
  const [, , , reports] = child.stdio as (number | null | undefined)[]
  return {
    pid: child.pid,
    exited: child.exited.then(() => ({
      code: child.exitCode,
      signal: child.signalCode as NodeJS.Signals | null,
    })),
    streams: { stdin: null, stdout: null, stderr: null },
    reports: reports == null ? nothing() : readAll(reports),
  }
}

/** Reads a descriptor to its end, and closes it. */
async function* readAll(descriptor: number): AsyncGenerator<Uint8Array> {
  try {
    yield* Bun.file(descriptor).stream()
  } finally {
    closeSync(descriptor)
  }
}

async function startInNode(
  launch: Launch,
  streams: readonly Stream[],
  extra: Extra | undefined,
): Promise<Process> {
  const [command = '', ...args] = [launch.command, ...launch.args].map(keepFlags)
  const child = spawn(command, args, {
    detached: true,
    stdio: [...streams, ...(extra === undefined ? [] : ['pipe', extra.descriptor] as const)],
    env: launch.environment,
    ...(extra === undefined ? {} : { cwd: extra.directory, argv0: extra.name }),
  })
  const exited = new Promise<Awaited<Process['exited']>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve))
  const reports = child.stdio[3]
  return {
    pid: child.pid,
    exited,
    streams: child,
    reports: reports == null ? nothing() : reports as NodeJS.ReadableStream as never,
  }
}

/**
 * Starts a process that waits for a word on its standard input, and does not keep this one from ending.
 *
 * @returns gives it the word, and waits for its end
 */
export function startListener(launch: Launch): (word: string) => Promise<void> {
  return 'Bun' in globalThis ? listenInBun(launch) : listenInNode(launch)
}

function listenInBun({ command, args, environment }: Launch): (word: string) => Promise<void> {
  const child = Bun.spawn([command, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: environment,
  })
  child.unref()
  return async (word) => {
    child.ref()
    child.stdin.write(word)
    await child.stdin.end()
    await child.exited
  }
}

function listenInNode({ command, args, environment }: Launch): (word: string) => Promise<void> {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: environment,
  })
  child.stdin.on('error', () => {})
  child.unref()
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  return async (word) => {
    child.ref()
    child.stdin.end(word)
    await ended
  }
}

/**
 * Under Deno, `spawn` looks for the path of the running engine among the words, takes what follows it for the arguments of Node.js
 * and, where it finds no permission among them, puts `-A` there. Another spelling of the path keeps the flags as they are.
 */
function keepFlags(word: string): string {
  return 'Deno' in globalThis && word === process.execPath ? `/${word}` : word
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
