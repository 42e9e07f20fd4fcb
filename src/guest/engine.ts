import type { Transport } from './api.ts'
import type { Database } from './storage.ts'

/** What the guest needs of the engine that it runs in; all else of it is the extension's business. */
export interface Engine {
  /** Arguments for the extension. */
  readonly args: readonly string[]
  /** Reads a file. */
  read(path: string): string
  /** Removes a file. */
  remove(path: string): void
  /** Opens a pipe for one direction; gives what moves bytes through it, and says how many. */
  openPipe(path: string, direction: 'read' | 'write'): (bytes: Uint8Array) => number
  /** Opens a database, or makes one. */
  openDatabase(path: string): Database
  /** Makes the road to the broker. */
  connect(socket: string): Transport
  /** Builds the error for a host that was not granted; `caller` was made where the extension asked. */
  refuse(message: string, caller: Error): Error
  /** Writes to stderr. */
  writeError(text: string): void
  /**
   * Says what `import … from "phylum"` gives, and where imports from elsewhere lead, where nothing outside has said it.
   *
   * @param modules directory of modules from elsewhere; null when there are none
   */
  offer(exports: Record<string, unknown>, modules: string | null): void
  /** Puts the user's `HOME` into the environment; null takes it out. */
  setHome(home: string | null): void
  /** Calls back when nothing is left to wait for, and when something was thrown that nobody has caught. */
  watch(onIdle: () => void, onUncaught: (error: unknown) => void): void
  /** Calls back when nobody reads the output any more. */
  onUnread(end: () => void): void
  /** Answers whether an error may be that of writing to a reader who has gone. */
  isUnread(error: unknown): boolean
  exit(code: number): never
}
