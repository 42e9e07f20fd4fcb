import type { Engine } from './engine.ts'
import type { Database } from './storage.ts'

const encoder = new TextEncoder()

/** The guest's needs in the words of Deno. */
export function createDenoEngine(): Engine {
  const ownFetch = fetch
  return {
    args: Deno.args,
    read: (path) => Deno.readTextFileSync(path),
    remove: Deno.removeSync,
    openPipe(path, direction) {
      const file = Deno.openSync(path, { [direction]: true })
      return (bytes) => file[`${direction}Sync`](bytes) ?? 0
    },
    openDatabase: (path) => new (process.getBuiltinModule('node:sqlite').DatabaseSync)(path),
    connect(socket) {
      const client = Deno.createHttpClient({ proxy: { transport: 'unix', path: socket } })
      return (url, init) => ownFetch(url, { ...init, client } as RequestInit)
    },
    refuse: (message) => new Deno.errors.NotCapable(message),
    writeError: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    // The import map has said it.
    offer() {},
    setHome(home) {
      if (home === null) Deno.env.delete('HOME')
      else Deno.env.set('HOME', home)
    },
    watch(onIdle, onUncaught) {
      addEventListener('beforeunload', onIdle)
      listenLast('unhandledrejection', (event) => onUncaught(event.reason))
      listenLast('error', (event) => onUncaught(event.error))
    },
    onUnread: endWhenUnread,
    // What is uncaught is of another pipe: the output's own ends the run where it arises.
    isUnread: () => false,
    exit: (code) => Deno.exit(code),
  }
}

/** Hears of events of the whole program after the extension has; what it has prevented is its own business. */
function listenLast<Name extends 'error' | 'unhandledrejection'>(
  name: Name,
  listener: (event: WindowEventMap[Name]) => void,
): void {
  const add = globalThis.addEventListener
  const last = (event: WindowEventMap[Name]) => {
    if (event.defaultPrevented) return
    event.preventDefault()
    listener(event)
  }
  add(name, last)
  globalThis.addEventListener = function (this: EventTarget | undefined, ...words: unknown[]) {
    const target = this ?? globalThis
    Reflect.apply(add, target, words)
    if (target !== globalThis || words[0] !== name) return
    removeEventListener(name, last)
    add(name, last)
  } as typeof add
}

/** How long after a print the signal is listened for, in milliseconds. */
const LISTENING = 1_000

/** Prints before it is listened for at all: to listen costs 9 ms, and who prints little is done before it matters. */
const FEW_PRINTS = 32

/**
 * Ends when a reader has gone. Deno's own writers say so by an error; its console says nothing, and there the signal does, for a while
 * after each print: with a listener, Deno does not see that a module waits for a promise that nothing can settle, and would wait
 * with it.
 */
function endWhenUnread(end: () => void): void {
  let prints = 0
  let isListening = false
  const stop = () => {
    Deno.removeSignalListener('SIGPIPE', end)
    isListening = false
  }
  const listen = () => {
    prints += 1
    if (isListening || prints < FEW_PRINTS) return
    isListening = true
    Deno.addSignalListener('SIGPIPE', end)
    Deno.unrefTimer(setTimeout(stop, LISTENING))
  }
  for (const name of ['log', 'info', 'debug', 'dir', 'table'] as const) {
    const print = console[name].bind(console)
    console[name] = (...words: unknown[]) => {
      listen()
      print(...words)
    }
  }
  const { stdout } = Deno
  const write = stdout.write.bind(stdout)
  const writeSync = stdout.writeSync.bind(stdout)
  const fail = (error: unknown): never => {
    if (error instanceof Deno.errors.BrokenPipe) end()
    throw error
  }
  stdout.write = async (bytes) => await write(bytes).catch(fail)
  stdout.writeSync = (bytes) => {
    try {
      return writeSync(bytes)
    } catch (error) {
      return fail(error)
    }
  }
  let writable: WritableStream<Uint8Array> | undefined
  Object.defineProperty(stdout, 'writable', {
    get: () =>
      writable ??= new WritableStream<Uint8Array>({
        async write(chunk) {
          for (let at = 0; at < chunk.length;) at += await stdout.write(chunk.subarray(at))
        },
      }),
  })
}

/** The words of Deno. */
declare const Deno: {
  args: string[]
  env: { delete(name: string): void; set(name: string, value: string): void }
  errors: { BrokenPipe: ErrorConstructor; NotCapable: new (message: string) => Error }
  stderr: { writeSync(bytes: Uint8Array): number }
  exit(code: number): never
  stdout: {
    write(bytes: Uint8Array): Promise<number>
    writeSync(bytes: Uint8Array): number
  }
  addSignalListener(name: 'SIGPIPE', listener: () => void): void
  removeSignalListener(name: 'SIGPIPE', listener: () => void): void
  unrefTimer(timer: ReturnType<typeof setTimeout>): void
  readTextFileSync(path: string): string
  removeSync(path: string): void
  openSync(path: string, options: { read?: boolean; write?: boolean }): {
    readSync(bytes: Uint8Array): number | null
    writeSync(bytes: Uint8Array): number
  }
  createHttpClient(options: { proxy: { transport: 'unix'; path: string } }): unknown
}

/** The words of Node.js in it. */
declare const process: {
  getBuiltinModule(name: 'node:sqlite'): { DatabaseSync: new (path: string) => Database }
}
