import type { Log, Prompter } from '#base'
import type { Environment } from '#config'
import type { Streams } from './streams.ts'

/** How the terminal is used: `--color`, `-v`, `-q`, `--no-input`. */
export interface TerminalOptions {
  color: 'auto' | 'always' | 'never'
  /** How much is told: 0 as usual, 1 and more with `-v`, below 0 with `-q`. */
  verbosity: number
  isInputAllowed: boolean
}

/** Where the program meets a person: data on stdout, everything said about it on stderr. */
export interface Terminal {
  /** Writes data, with a line end. */
  print(text: string): void
  /** Writes data as it is, and waits until it is taken. */
  write(data: string): Promise<void>
  /** Writes a message for people, with a line end. */
  say(text: string): void
  log: Log
  prompter: Prompter
  /** Whether stdout is a terminal: tables are drawn for people, and tab-separated for programs. */
  isTable: boolean
  /** Width of the terminal in columns. */
  width: number
  verbosity: number
  /** Colours text for stdout or stderr; leaves it alone where colour is off. */
  paint(style: Style, text: string, stream?: 'stdout' | 'stderr'): string
}

/** What text may look like. */
export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

const CODES: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
}

/** Makes the terminal of this process. */
export function createTerminal(
  streams: Streams,
  environment: Environment,
  options: TerminalOptions,
): Terminal {
  const { stdin, stdout, stderr } = streams
  const isInteractive = options.isInputAllowed && Boolean(stdin.isTTY) && Boolean(stderr.isTTY) &&
    !environment['CI'] && !environment['PHYLUM_NO_INPUT']
  const colored = {
    stdout: isColored(stdout, environment, options.color),
    stderr: isColored(stderr, environment, options.color),
  }

  function paint(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    if (!colored[stream]) return text
    const [on, off] = CODES[style]
    return `\x1b[${on}m${text}\x1b[${off}m`
  }

  const say = (text: string) => void stderr.write(`${text}\n`)
  const log: Log = {
    warn(message) {
      if (options.verbosity > -2) say(`${paint('yellow', 'warning:', 'stderr')} ${message}`)
    },
    note(message) {
      if (options.verbosity > -1) say(message)
    },
    debug(message) {
      if (options.verbosity > 0) say(paint('dim', message, 'stderr'))
    },
  }
  const prompter: Prompter = {
    async confirm(question) {
      if (!isInteractive) return undefined
      const { askYesOrNo } = await import('./prompt.ts')
      return await askYesOrNo(question, streams)
    },
    async hidden(question) {
      if (!isInteractive) return undefined
      const { askHidden } = await import('./prompt.ts')
      return await askHidden(question, streams)
    },
  }
  return {
    print: (text) => void stdout.write(`${text}\n`),
    write: (data) =>
      new Promise((resolve, reject) => {
        stdout.write(data, (error) => error ? reject(error) : resolve())
      }),
    say,
    log,
    prompter,
    isTable: Boolean(stdout.isTTY),
    width: stdout.columns || Number(environment['COLUMNS']) || 80,
    verbosity: options.verbosity,
    paint,
  }
}

/** Decides on colour for one stream (no-color.org, bixense.com/clicolors). */
function isColored(
  stream: NodeJS.WriteStream,
  environment: Environment,
  choice: TerminalOptions['color'],
): boolean {
  if (choice !== 'auto') return choice === 'always'
  if (environment['NO_COLOR']) return false
  if (environment['CLICOLOR_FORCE'] && environment['CLICOLOR_FORCE'] !== '0') return true
  if (environment['CLICOLOR'] === '0' || environment['TERM'] === 'dumb') return false
  return Boolean(stream.isTTY)
}
