import { isPhylumError } from '#base'
import type { Extension } from '#registry'
import process from 'node:process'
import { renderError } from './render_error.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { watchFiles } from './watch_files.ts'

/** Exit code of a watch that was ended while nothing ran: 128 and the number of SIGINT, as shells tell it. */
const EXIT_INTERRUPTED = 130

/** Signals that end a watch. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** What accompanies the runs of one watch. */
export interface Watched {
  session: Session
  /** Ends the run, for it is to be begun anew. */
  stop: AbortSignal
}

/**
 * Runs an extension, and again whenever its files change, until somebody ends it. A fault in what was written meanwhile is shown,
 * and the next change waited for.
 *
 * @param find looks the extension up, as it is now
 * @returns the exit code of the run that was interrupted, or 130
 * @throws whatever keeps the first run from beginning
 */
export async function watchExtension(
  terminal: Terminal,
  find: () => Promise<Extension>,
  run: (extension: Extension, watched: Watched) => Promise<number>,
): Promise<number> {
  let extension: Extension | undefined = await find()
  const session = createSession()
  const files = watchFiles(extension.directory)
  const interruption = Promise.withResolvers<void>()
  let isOver = false
  const interrupt = () => {
    isOver = true
    interruption.resolve()
  }
  for (const name of ENDING) process.on(name, interrupt)
  try {
    for (let isFirst = true;; isFirst = false) {
      const stop = new AbortController()
      const changed = files.next().then(() => stop.abort())
      try {
        const code = await run(extension ?? await find(), { session, stop: stop.signal })
        if (isOver) return code
        if (!stop.signal.aborted) terminal.log.note(`ended with ${code}; waiting for a change`)
      } catch (error) {
        if (isFirst || isPhylumError(error, 'ERR_CLI_CANCELLED')) throw error
        terminal.say(renderError(terminal, error))
      }
      await Promise.race([changed, interruption.promise])
      if (isOver) return EXIT_INTERRUPTED
      extension = undefined
      terminal.log.note('restarted')
    }
  } finally {
    for (const name of ENDING) process.off(name, interrupt)
    files.close()
  }
}
