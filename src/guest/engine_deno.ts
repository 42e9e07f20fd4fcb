import type { Engine } from './engine.ts'

const encoder = new TextEncoder()

/** The guest's needs in the words of Deno. */
export function createDenoEngine(): Engine {
  const ownFetch = fetch
  return {
    args: Deno.args,
    take(path) {
      const text = Deno.readTextFileSync(path)
      Deno.removeSync(path)
      return text
    },
    connect(socket) {
      const client = Deno.createHttpClient({ proxy: { transport: 'unix', path: socket } })
      return (url, init) => ownFetch(url, { ...init, client } as RequestInit)
    },
    refuse: (message) => new Deno.errors.NotCapable(message),
    writeError: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    // The import map has said it.
    offer() {},
    watch(onIdle, onUncaught) {
      addEventListener('beforeunload', onIdle)
      addEventListener('unhandledrejection', (event) => {
        event.preventDefault()
        onUncaught(event.reason)
      })
      addEventListener('error', (event) => {
        event.preventDefault()
        onUncaught(event.error)
      })
    },
    onUnread: listenWhilePrinting,
    isUnread: (error) => error instanceof Deno.errors.BrokenPipe,
    exit: (code) => Deno.exit(code),
  }
}

/** How long after a print the signal is listened for, in milliseconds. */
const LISTENING = 1_000

/**
 * Listens for the signal of a reader who has gone, for a while after each print: with a listener, and with a timer, Deno does not see
 * that a module waits for a promise that nothing can settle, and would wait with it.
 */
function listenWhilePrinting(end: () => void): void {
  let isListening = false
  const stop = () => {
    Deno.removeSignalListener('SIGPIPE', end)
    isListening = false
  }
  const listen = () => {
    if (isListening) return
    isListening = true
    Deno.addSignalListener('SIGPIPE', end)
    Deno.unrefTimer(setTimeout(stop, LISTENING))
  }
  const before = <Words extends unknown[], Result>(print: (...words: Words) => Result) => {
    return (...words: Words): Result => {
      listen()
      return print(...words)
    }
  }
  const { stdout } = Deno
  stdout.write = before(stdout.write.bind(stdout))
  stdout.writeSync = before(stdout.writeSync.bind(stdout))
  for (const name of ['log', 'info', 'debug', 'dir', 'table'] as const) {
    console[name] = before(console[name].bind(console))
  }
}

/** The words of Deno. */
declare const Deno: {
  args: string[]
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
  createHttpClient(options: { proxy: { transport: 'unix'; path: string } }): unknown
}
