import { PhylumError } from '#base'
import type { Permissions } from '#permissions'
import type { Stream } from '#sandbox'

/** What an extension wants run: read, and not checked against anything yet. */
export interface AskedCommand {
  command: string
  args: readonly string[]
  streams: [stdin: Stream, stdout: Stream, stderr: Stream]
  input: Uint8Array | null
  /** Directory to start in; the run's own where it is not told. */
  directory: string | null
  /** Variables that it gets on top of those of the user. */
  variables: Readonly<Record<string, string>>
  /** Whether it gets those of the user at all. */
  isClean: boolean
  exceptions: Pick<Permissions, 'read' | 'write' | 'run' | 'env' | 'net'>
  isStrict: boolean
}

const STREAMS: Readonly<Record<string, Stream>> = {
  inherit: 'inherit',
  piped: 'pipe',
  null: 'ignore',
}

const KINDS = ['read', 'write', 'run', 'env', 'net'] as const

/**
 * Reads the parameters of a call that runs a command. Nothing in them is believed: whatever is not as it should be is refused, and
 * what is not known is not looked at.
 *
 * @throws ERR_HOST_CALL
 */
export function readCommandRequest(parameters: unknown): AskedCommand {
  const asked = readTable(parameters, 'the parameters')
  const command = readText(asked['cmd'], 'cmd')
  if (command === '') throw wrong('cmd', 'is empty')
  const exceptions = readTable(asked['exceptions'] ?? {}, 'exceptions')
  const { strict, ...kinds } = exceptions
  return {
    command,
    args: readList(asked['args'] ?? [], 'args'),
    streams: [
      readStream(asked['stdin'], 'stdin'),
      readStream(asked['stdout'], 'stdout'),
      readStream(asked['stderr'], 'stderr'),
    ],
    input: asked['input'] == null ? null : Buffer.from(readText(asked['input'], 'input'), 'base64'),
    directory: asked['cwd'] == null ? null : readText(asked['cwd'], 'cwd'),
    variables: readVariables(asked['env'] ?? {}),
    isClean: readFlag(asked['clearEnv'] ?? false, 'clearEnv'),
    exceptions: Object.fromEntries(
      KINDS.filter((kind) => kinds[kind] != null).map((kind) => {
        const value = kinds[kind]
        const name = `exceptions.${kind}`
        return [kind, typeof value === 'boolean' ? value : readList(value, name)]
      }),
    ),
    isStrict: readFlag(strict ?? false, 'exceptions.strict'),
  }
}

function readTable(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw wrong(name, 'is no object')
}

function readVariables(value: unknown): Record<string, string> {
  const variables = Object.entries(readTable(value, 'env'))
  return Object.fromEntries(variables.map(([name, each]) => {
    if (name === '' || /[=\0]/.test(name)) throw wrong('env', 'has a name that none can have')
    return [name, readText(each, 'a variable of env')]
  }))
}

function readList(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw wrong(name, 'is no list')
  return value.map((each, index) => readText(each, `${name}[${index}]`))
}

/** Reads a text as programs get it: it ends where a zero byte is, and the rest would be lost unseen. */
function readText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, 'is no string')
  if (value.includes('\0')) throw wrong(name, 'holds a zero byte')
  return value
}

function readFlag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw wrong(name, 'is neither true nor false')
  return value
}

function readStream(value: unknown, name: string): Stream {
  if (value == null) return 'inherit'
  const stream = typeof value === 'string' && Object.hasOwn(STREAMS, value)
    ? STREAMS[value]
    : undefined
  // Nobody could write into it while it runs, so a pipe to it is one that is at its end.
  if (stream === 'pipe' && name === 'stdin') return 'ignore'
  if (stream === undefined) throw wrong(name, 'is none of "inherit", "piped", "null"')
  return stream
}

function wrong(name: string, state: string): PhylumError {
  return new PhylumError('ERR_HOST_CALL', `Cannot run a command: ${name} ${state}`)
}
