import type { Outside, OutsideResult, OutsideStream } from './outside_command.ts'

/**
 * Puts functions in the place of those that wait for a program, which run listed ones outside and leave others to Bun:
 * `Bun.spawnSync()`, and `spawnSync()` and `execFileSync()` of node:child_process. Those that do not wait refuse listed programs: a process
 * that can be talked to while it runs is not carried.
 */
export function replaceInBun(outside: Outside): void {
  const processes = process.getBuiltinModule('node:child_process')
  const own = { ...processes }
  const { spawn, spawnSync } = Bun

  function runNode(file: string, args: readonly string[], options: NodeOptions): NodeResult {
    if (options.shell) throw refusal(file, 'no shell stands in between')
    const [stdin, stdout, stderr] = readStreams(file, options.stdio ?? 'pipe')
    const input = options.input == null ? undefined : toBytes(options.input)
    const { code, signal, ...output } = outside.now({
      cmd: file,
      args: args.map(String),
      cwd: options.cwd instanceof URL ? decodeURIComponent(options.cwd.pathname) : options.cwd,
      ...(options.env === undefined ? {} : { env: defined(options.env), clearEnv: true }),
      stdin: input === undefined && stdin === 'piped' ? 'null' : stdin,
      stdout,
      stderr,
      input,
    })
    const show = (bytes: Uint8Array, stream: OutsideStream) =>
      stream === 'piped' ? decode(bytes, options.encoding) : null
    const shown = { stdout: show(output.stdout, stdout), stderr: show(output.stderr, stderr) }
    return {
      pid: 0,
      output: [null, shown.stdout, shown.stderr],
      ...shown,
      status: signal === null ? code : null,
      signal,
    }
  }

  processes.spawnSync = (file, ...rest) => {
    const { args, options } = sort(rest)
    return outside.isListed(file) ? runNode(file, args, options) : own.spawnSync(file, ...rest)
  }
  processes.execFileSync = (file, ...rest) => {
    if (!outside.isListed(file)) return own.execFileSync(file, ...rest)
    const { args, options } = sort(rest)
    const result = runNode(file, args, {
      ...options,
      stdio: options.stdio ?? ['pipe', 'pipe', 'inherit'],
    })
    if (result.status === 0) return result.stdout
    throw Object.assign(new Error(`Command failed: ${[file, ...args].join(' ')}`), result)
  }
  for (const name of ['spawn', 'execFile', 'fork'] as const) {
    processes[name] = (file, ...rest) => {
      if (outside.isListed(file)) throw refusal(file, 'spawnSync() and execFileSync() can run it')
      return own[name](file, ...rest)
    }
  }
  process.getBuiltinModule('node:module').syncBuiltinESMExports()

  Bun.spawn = (...words) => {
    const { cmd: [file = ''] } = sortBun(words)
    if (outside.isListed(file)) throw refusal(file, 'Bun.spawnSync() can run it')
    return spawn(...words)
  }
  Bun.spawnSync = (...words) => {
    const { cmd: [file = '', ...args], stdio, ...options } = sortBun(words)
    if (!outside.isListed(file)) return spawnSync(...words)
    const input = options.stdin instanceof Uint8Array ? options.stdin : undefined
    const { code, signal, success, stdout, stderr } = outside.now({
      cmd: file,
      args,
      cwd: options.cwd,
      ...(options.env === undefined ? {} : { env: defined(options.env), clearEnv: true }),
      stdin: input === undefined
        ? readStream(file, stdio?.[0] ?? options.stdin ?? 'ignore')
        : 'piped',
      stdout: readStream(file, stdio?.[1] ?? options.stdout ?? 'pipe'),
      stderr: readStream(file, stdio?.[2] ?? options.stderr ?? 'pipe'),
      input,
    })
    return {
      pid: 0,
      success,
      exitCode: code,
      signalCode: signal ?? undefined,
      stdout: decode(stdout, 'buffer'),
      stderr: decode(stderr, 'buffer'),
    }
  }
}

/** Tells arguments from options, both of which may be left out. */
function sort([first, second]: readonly unknown[]): { args: string[]; options: NodeOptions } {
  return Array.isArray(first)
    ? { args: first, options: (second ?? {}) as NodeOptions }
    : { args: [], options: (first ?? {}) as NodeOptions }
}

function sortBun([first, second]: readonly unknown[]): BunOptions & { cmd: string[] } {
  return Array.isArray(first)
    ? { ...second as BunOptions, cmd: first.map(String) }
    : { cmd: [], ...first as BunOptions }
}

type Three = [OutsideStream, OutsideStream, OutsideStream]

function readStreams(file: string, stdio: unknown): Three {
  const [stdin, stdout, stderr] = Array.isArray(stdio) ? stdio : [stdio, stdio, stdio]
  return [stdin, stdout, stderr].map((each) => readStream(file, each ?? 'pipe')) as Three
}

function readStream(file: string, value: unknown): OutsideStream {
  if (value === 'inherit') return 'inherit'
  if (value === 'pipe' || value === 'overlapped') return 'piped'
  if (value === 'ignore' || value === null) return 'null'
  throw refusal(file, 'its streams can be "pipe", "inherit" and "ignore"')
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((each): each is [string, string] => each[1] !== undefined),
  )
}

function toBytes(input: unknown): Uint8Array {
  if (typeof input === 'string') return new TextEncoder().encode(input)
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  }
  throw new TypeError('Cannot pass the input: it is neither text nor bytes')
}

function decode(bytes: Uint8Array, encoding: string | null | undefined): unknown {
  const buffer = Buffer.from(bytes)
  return encoding == null || encoding === 'buffer' ? buffer : buffer.toString(encoding)
}

function refusal(file: string, state: string): Error {
  return new TypeError(`Cannot run "${file}" outside the sandbox: ${state}`)
}

interface NodeOptions {
  cwd?: string | URL
  env?: Record<string, string | undefined>
  input?: unknown
  stdio?: unknown
  encoding?: string | null
  shell?: unknown
}

interface NodeResult {
  pid: number
  output: unknown[]
  stdout: unknown
  stderr: unknown
  status: number | null
  signal: OutsideResult['signal']
}

interface BunOptions {
  cwd?: string
  env?: Record<string, string | undefined>
  stdin?: unknown
  stdout?: unknown
  stderr?: unknown
  stdio?: unknown[]
}

type Start = (file: string, ...rest: unknown[]) => unknown

/** The words of Bun, and of Node.js in it. */
declare const Bun: {
  spawn(...words: unknown[]): unknown
  spawnSync(...words: unknown[]): unknown
}

declare const Buffer: { from(bytes: Uint8Array): { toString(encoding: string): string } }

declare const process: {
  getBuiltinModule(name: 'node:module'): { syncBuiltinESMExports(): void }
  getBuiltinModule(
    name: 'node:child_process',
  ): Record<'spawn' | 'spawnSync' | 'execFile' | 'execFileSync' | 'fork', Start>
}
