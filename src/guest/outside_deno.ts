import type { Outside, OutsideCommand, OutsideResult } from './outside_command.ts'

/** Puts a class in the place of `Deno.Command` that runs listed programs outside, and leaves others to Deno. */
export function replaceInDeno(outside: Outside): void {
  const Own = Deno.Command
  Deno.Command = class Command {
    #command: (defaults: Streams) => OutsideCommand
    #signal: AbortSignal | undefined

    constructor(program: string | URL, options: CommandOptions = {}) {
      const cmd = program instanceof URL ? decodeURIComponent(program.pathname) : String(program)
      this.#command = (defaults) => read(cmd, options, defaults)
      this.#signal = options.signal
      if (!outside.isListed(cmd)) return new Own(program, options) as Command
    }

    outputSync(): CommandOutput {
      return show(outside.now(this.#command(KEPT)), this.#command(KEPT))
    }

    async output(): Promise<CommandOutput> {
      const command = this.#command(KEPT)
      return show(await finish(outside, command, this.#signal), command)
    }

    spawn(): ChildProcess {
      return start(outside, this.#command(SHARED), this.#signal)
    }
  }
}

type Streams = Pick<OutsideCommand, 'stdin' | 'stdout' | 'stderr'>

/** What Deno does with streams that it is not told about. */
const KEPT: Streams = { stdin: 'null', stdout: 'piped', stderr: 'piped' }
const SHARED: Streams = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' }

function read(cmd: string, options: CommandOptions, defaults: Streams): OutsideCommand {
  const { args = [], cwd, env, clearEnv, stdin, stdout, stderr } = options
  if (stdin === 'piped') {
    throw new TypeError(
      `Cannot run "${cmd}" outside the sandbox: its stdin can be "inherit" or "null", not "piped"`,
    )
  }
  for (const name of ['uid', 'gid'] as const) {
    if (options[name] === undefined) continue
    throw new TypeError(`Cannot run "${cmd}" outside the sandbox: ${name} cannot be chosen`)
  }
  return {
    cmd,
    args: args.map(String),
    cwd: cwd instanceof URL ? decodeURIComponent(cwd.pathname) : cwd,
    env,
    clearEnv,
    stdin: stdin ?? defaults.stdin,
    stdout: stdout ?? defaults.stdout,
    stderr: stderr ?? defaults.stderr,
  }
}

/** Runs a command to its end; one that is given up has ended by the signal that Deno would have sent it. */
async function finish(
  outside: Outside,
  command: OutsideCommand,
  signal: AbortSignal | undefined,
): Promise<OutsideResult> {
  try {
    return await outside.later(command, signal)
  } catch (error) {
    if (!signal?.aborted) throw error
    const nothing = new Uint8Array()
    return { success: false, code: 143, signal: 'SIGTERM', stdout: nothing, stderr: nothing }
  }
}

function show({ success, code, signal, stdout, stderr }: OutsideResult, command: Streams) {
  return {
    success,
    code,
    signal,
    get stdout() {
      return kept('stdout', stdout, command)
    },
    get stderr() {
      return kept('stderr', stderr, command)
    },
  }
}

function kept<T>(name: 'stdout' | 'stderr', value: T, command: Streams): T {
  if (command[name] === 'piped') return value
  throw new TypeError(`Cannot get '${name}': '${name}' is not piped`)
}

function start(
  outside: Outside,
  command: OutsideCommand,
  signal: AbortSignal | undefined,
): ChildProcess {
  const killed = new AbortController()
  const ending = signal === undefined ? killed.signal : AbortSignal.any([signal, killed.signal])
  const end = finish(outside, command, ending)
  // Whoever wants to know asks for `status`.
  end.catch(() => {})
  const stream = (name: 'stdout' | 'stderr') =>
    new ReadableStream<Uint8Array>({
      // All of it comes at the end: it is carried in one piece.
      async start(controller) {
        try {
          controller.enqueue((await end)[name])
          controller.close()
        } catch (error) {
          controller.error(error)
        }
      },
    })
  const streams: Partial<Record<'stdout' | 'stderr', ReadableStream<Uint8Array>>> = {}
  return {
    status: end.then(({ success, code, signal }) => ({ success, code, signal })),
    output: async () => show(await end, command),
    kill: () => killed.abort(),
    ref() {},
    unref() {},
    get pid(): number {
      throw new TypeError('Cannot tell the process id of a command outside the sandbox')
    },
    get stdin(): never {
      throw new TypeError("Cannot get 'stdin': 'stdin' is not piped")
    },
    get stdout() {
      return kept('stdout', streams.stdout ??= stream('stdout'), command)
    },
    get stderr() {
      return kept('stderr', streams.stderr ??= stream('stderr'), command)
    },
    async [Symbol.asyncDispose]() {
      killed.abort()
      await end.catch(() => {})
    },
  }
}

interface CommandOptions extends Partial<Streams> {
  args?: readonly unknown[]
  cwd?: string | URL
  env?: Record<string, string>
  clearEnv?: boolean
  uid?: number
  gid?: number
  signal?: AbortSignal
}

type CommandStatus = Pick<OutsideResult, 'success' | 'code' | 'signal'>

interface CommandOutput extends CommandStatus {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

interface ChildProcess extends AsyncDisposable {
  readonly pid: number
  readonly status: Promise<CommandStatus>
  readonly stdin: never
  readonly stdout: ReadableStream<Uint8Array>
  readonly stderr: ReadableStream<Uint8Array>
  output(): Promise<CommandOutput>
  kill(signal?: string): void
  ref(): void
  unref(): void
}

/** The words of Deno. */
declare const Deno: {
  Command: new (program: string | URL, options?: CommandOptions) => {
    output(): Promise<CommandOutput>
    outputSync(): CommandOutput
    spawn(): ChildProcess
  }
}
