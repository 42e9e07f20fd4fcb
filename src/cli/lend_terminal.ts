import type { Environment } from '#config'
import { IS_TERMINAL_FILTERED } from '#host'
import type { StreamName, Streams } from './streams.ts'
import { readTerminalMode } from './terminal_mode.ts'

/**
 * Takes a terminal out of every state that would make the next line of ours, or of the shell, unseen or unusable: the inside of a
 * string, another screen, insertion, no wrapping, a part of the screen, a hidden cursor, reports of mouse, focus, pasting and
 * keys, another alphabet, a link, colours. None of it moves the cursor where nothing was changed; `?1049l`, the usual way
 * back from the other screen, does.
 */
const RESET = '\x1b\\' + '\x1b[?1047l' + '\x1b[4l' + '\x1b[?7h' + '\x1b7\x1b[r\x1b8' + '\x1b[?25h' +
  [9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004].map((mode) => `\x1b[?${mode}l`)
    .join('') +
  '\x1b[?1l\x1b>' + '\x1b[<u\x1b[>4m' + '\x0f\x1b(B' + '\x1b]8;;\x1b\\' + '\x1b[?5l' + '\x1b[0m'

/** The standard streams, each at the place of its descriptor. */
const NAMES = ['stdin', 'stdout', 'stderr'] as const

/** Takes the terminal back for a moment, in order, and gives it back as it was. */
export type Borrow = <T>(work: () => Promise<T>) => Promise<T>

/** Uses a terminal that is lent: by `borrow`, its owner has it for a moment; `terminals` are the descriptors that lead to it. */
export type TerminalWork<T> = (borrow: Borrow, terminals: readonly number[]) => Promise<T>

/**
 * Lends the terminal to a program that may leave it in any state, and puts it in order afterwards. What was typed and is not
 * read yet is dropped: a terminal can be made to type an answer (its name, its cursor's place), and the shell would take that for
 * a command. Without a terminal, nothing happens.
 */
export async function lendTerminal<T>(
  streams: Streams,
  environment: Environment,
  work: TerminalWork<T>,
): Promise<T> {
  const terminals = NAMES.flatMap((name, descriptor) =>
    streams.isTerminal(name) ? [descriptor] : []
  )
  const [terminal] = terminals
  if (terminal === undefined) return await work((question) => question(), [])
  // What passed the filter, the filter takes back; then only keys and lines are to be put in order.
  const screen = IS_TERMINAL_FILTERED ? undefined : findScreen(streams, environment)
  const mode = await readTerminalMode(terminal)

  function putInOrder(): void {
    if (screen !== undefined) streams.write(screen, RESET)
    mode?.restore({ isFlushed: true })
  }

  try {
    return await work(async (question) => {
      const theirs = await readTerminalMode(terminal)
      putInOrder()
      try {
        return await question()
      } finally {
        theirs?.restore()
      }
    }, terminals)
  } finally {
    putInOrder()
  }
}

/** Finds the stream on which a terminal understands what moves its cursor. */
function findScreen(
  streams: Streams,
  environment: Environment,
): Exclude<StreamName, 'stdin'> | undefined {
  if ((environment['TERM'] || 'dumb') === 'dumb') return undefined
  return (['stdout', 'stderr'] as const).find((name) => streams.isTerminal(name))
}
