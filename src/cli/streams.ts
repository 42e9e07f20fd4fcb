import { PhylumError, systemCode } from '#base'
import { fstatSync, writeSync } from 'node:fs'
import { isTerminal } from './platform.ts'

const DESCRIPTORS = { stdin: 0, stdout: 1, stderr: 2 } as const

/** Name of a standard stream. */
export type StreamName = keyof typeof DESCRIPTORS

/**
 * The standard streams. The runtime's own objects for them cost Bun ten milliseconds, more than all else that starts, so
 * they are made for questions alone; whatever is written goes out at once.
 */
export interface Streams {
  isTerminal(name: StreamName): boolean
  /** Writes a text, whole. Where nobody reads any more (`| head -1`), nobody is told. */
  write(name: 'stdout' | 'stderr', text: string): void
  /** The same, for what must not be lost unseen: fails where nobody reads any more. */
  writeChecked(name: 'stdout' | 'stderr', text: string): void
  /** Width of the terminal in columns; `undefined` where stdout is none. */
  columns(): number | undefined
  readonly stdin: NodeJS.ReadStream
  readonly stderr: NodeJS.WriteStream
}

/** The streams of a process. */
export type StreamOwner = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>

/** Makes the streams of this process. */
export function createStreams(owner: StreamOwner): Streams {
  const known = new Map<StreamName, boolean>()
  const streams: Streams = {
    isTerminal(name) {
      let answer = known.get(name)
      if (answer === undefined) known.set(name, answer = detectTerminal(name, owner))
      return answer
    },
    write(name, text) {
      try {
        streams.writeChecked(name, text)
      } catch (error) {
        if (!['EPIPE', 'EBADF'].includes(systemCode(error) ?? '')) throw error
      }
    },
    writeChecked: (name, text) => writeWhole(DESCRIPTORS[name], new TextEncoder().encode(text)),
    columns: () => streams.isTerminal('stdout') ? owner.stdout.columns : undefined,
    get stdin() {
      return owner.stdin
    },
    get stderr() {
      return owner.stderr
    },
  }
  return streams
}

function detectTerminal(name: StreamName, owner: StreamOwner): boolean {
  try {
    if (!fstatSync(DESCRIPTORS[name]).isCharacterDevice()) return false
  } catch {
    // It was closed before we started.
    return false
  }
  return isTerminal(DESCRIPTORS[name]) ?? Boolean(owner[name].isTTY)
}

/** Pause before another attempt on a pipe that is full and does not make its writers wait, in milliseconds. */
const PAUSE = 2

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at)
    } catch (cause) {
      const code = systemCode(cause)
      if (code === 'EPIPE' || code === 'EBADF') throw cause
      if (code !== 'EAGAIN') {
        throw new PhylumError('ERR_CLI_OUTPUT', `Cannot write the output: ${code ?? 'unknown'}`, {
          cause,
        })
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
    }
  }
}
