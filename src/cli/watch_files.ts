import { display, isPhylumError, PhylumError, systemCode } from '#base'
import { digestExtension } from '#registry'
import { watch } from 'node:fs'

/** How long files must be left alone before a change counts, in milliseconds: who saves one often saves several. */
const REST = 100

/** Names that no extension is made of: hidden files, packages, what editors put beside the file that they write. */
const IGNORED = /(^|\/)(\.[^/]*|node_modules)(\/|$)|~$/

/** A watch over an extension's files. */
export interface FileWatch {
  /** Resolves once the files are others than when this was called last. */
  next(): Promise<void>
  close(): void
}

/**
 * Watches the files of an extension. What counts is what is in them: a file that was touched, or written as it was, is no change.
 *
 * @throws ERR_REGISTRY_PATH when the system cannot watch so many
 */
export function watchFiles(directory: string): FileWatch {
  let seen = digest(directory)
  let timer: ReturnType<typeof setTimeout> | undefined
  let waiting: (() => void) | undefined

  function look(): void {
    const now = digest(directory)
    if (waiting === undefined || now === seen) return
    seen = now
    waiting()
    waiting = undefined
  }

  function note(name: string | null): void {
    if (name !== null && IGNORED.test(name)) return
    clearTimeout(timer)
    timer = setTimeout(look, REST)
  }

  try {
    const watcher = watch(directory, { recursive: true }, (_, name) => note(name))
    watcher.on('error', () => {})
    return {
      next() {
        const changed = new Promise<void>((resolve) => waiting = resolve)
        // What has changed since nobody waited.
        timer ??= setTimeout(look, REST)
        return changed
      },
      close() {
        clearTimeout(timer)
        watcher.close()
      },
    }
  } catch (cause) {
    throw new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot watch "${display(directory)}": ${systemCode(cause) ?? 'unknown error'}`,
      { cause, hints: ['the system limits how much is watched: sysctl fs.inotify'] },
    )
  }
}

/** Names the state of the files; what cannot be read is a state as well. */
function digest(directory: string): string {
  try {
    return digestExtension(directory)
  } catch (error) {
    if (isPhylumError(error)) return error.message
    throw error
  }
}
