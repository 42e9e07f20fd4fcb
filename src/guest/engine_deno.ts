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
    onUnread: (end) => Deno.addSignalListener('SIGPIPE', end),
    isUnread: (error) => error instanceof Deno.errors.BrokenPipe,
    exit: (code) => Deno.exit(code),
  }
}

/** The words of Deno. */
declare const Deno: {
  args: string[]
  errors: { BrokenPipe: ErrorConstructor; NotCapable: new (message: string) => Error }
  stderr: { writeSync(bytes: Uint8Array): number }
  exit(code: number): never
  addSignalListener(name: 'SIGPIPE', listener: () => void): void
  readTextFileSync(path: string): string
  removeSync(path: string): void
  createHttpClient(options: { proxy: { transport: 'unix'; path: string } }): unknown
}
