import { systemCode } from '#base'
import { ANSWER_PIPE, CALL_PIPE } from '#protocol'
import { closeSync, constants, fstatSync, openSync, read, writeSync } from 'node:fs'
import process from 'node:process'
import { openCLibrary } from './c_library.ts'

/** The two pipes between a host and a guest that waits. */
export interface CallPipes {
  /** Gives what the guest has written next; `undefined` when they are closed. */
  read(): Promise<Uint8Array | undefined>
  /** Writes for the guest to read, as fast as it reads; gives up when they are closed. */
  write(text: string): Promise<void>
  close(): void
}

/**
 * Makes named pipes in a directory that guest and host share. A guest can write into one and read from the other without giving its
 * thread back, and no engine offers that for a socket.
 *
 * Both ends are opened here, so that nobody waits for the other one to come, and none of them is told that it has gone: a guest
 * that ends is known by other ways. What is opened must be a pipe, and not a link: the guest, which may be running by now, could put
 * one there that leads to a file of the user's, and answers would be written into that.
 *
 * @throws when the system makes none
 */
export async function openCallPipes(directory: string): Promise<CallPipes> {
  const { mkfifo } = await openCLibrary()
  const make = (name: string) => {
    const path = `${directory}/${name}`
    const mask = process.umask(0o077)
    try {
      if (mkfifo(Buffer.from(`${path}\0`), 0o600) === 0) return path
    } finally {
      process.umask(mask)
    }
    throw new Error(`no pipe can be made at ${path}`)
  }
  const calls = make(CALL_PIPE)
  const source = 'Bun' in globalThis ? readInBun(calls) : readInThread(calls)
  // Last, for it is what the guest waits for, and it removes both.
  const output = openPipe(make(ANSWER_PIPE), constants.O_RDWR | constants.O_NONBLOCK)
  let isClosed = false
  return {
    read: () => source.read(),
    async write(text) {
      const bytes = Buffer.from(text)
      for (let at = 0, pause = 0; at < bytes.length && !isClosed;) {
        const written = writeSome(output, bytes.subarray(at, at + PIECE))
        at += written
        // A guest that asks and does not read its answer would have the host look for ever.
        pause = written > 0 ? 0 : Math.min(pause + 1, LONGEST_PAUSE)
        if (written === 0) await new Promise((resolve) => setTimeout(resolve, pause))
      }
    },
    close() {
      isClosed = true
      source.close()
      closeSync(output)
    },
  }
}

/**
 * What a pipe takes whole or not at all (`PIPE_BUF` of Linux). Deno goes on after a part has been taken, and where the rest is not, tells
 * that alone: the part would be written again.
 */
const PIECE = 4_096

/** What is read at once: as much as a pipe holds. */
const CHUNK = 65_536

/** Between two tries to write into a full pipe, in milliseconds. */
const LONGEST_PAUSE = 20

/** Writes a piece, if there is room for it. */
function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return 0
    throw error
  }
}

function openPipe(path: string, flags: number): number {
  const descriptor = openSync(path, flags | constants.O_NOFOLLOW)
  if (fstatSync(descriptor).isFIFO()) return descriptor
  closeSync(descriptor)
  throw new Error(`there is something else than a pipe at ${path}`)
}

type Source = Pick<CallPipes, 'read' | 'close'>

/** Bun waits for pipes as it does for sockets, and no thread stands still for it. */
function readInBun(path: string): Source {
  const descriptor = openPipe(path, constants.O_RDWR | constants.O_NONBLOCK)
  const reader = Bun.file(descriptor).stream().getReader()
  return {
    read: async () => (await reader.read()).value,
    close: () => void reader.cancel(),
  }
}

/** Deno reads files in threads, of which it has many; one that waits is woken by a byte. */
function readInThread(path: string): Source {
  const descriptor = openPipe(path, constants.O_RDWR)
  const waker = openPipe(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const buffer = new Uint8Array(CHUNK)
  let isClosed = false
  let isReading = false
  const release = () => [descriptor, waker].forEach((each) => closeSync(each))
  return {
    read: () =>
      new Promise((resolve) => {
        if (isClosed) return resolve(undefined)
        isReading = true
        read(descriptor, buffer, 0, buffer.length, null, (error, length) => {
          isReading = false
          if (isClosed) release()
          resolve(isClosed || error !== null ? undefined : buffer.slice(0, length))
        })
      }),
    close() {
      isClosed = true
      if (isReading) writeSome(waker, new Uint8Array([10]))
      else release()
    },
  }
}
