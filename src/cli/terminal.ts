import type { Log, Prompter } from '#base'
import type { Environment } from '#config'
import type { TerminalWork } from './lend_terminal.ts'
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
  /** Shows a line that the next call replaces, while somebody waits; nothing where stderr is no terminal. */
  showProgress(text: string | undefined): void
  /** Whether somebody can be asked. */
  isInteractive: boolean
  /** Lends the terminal to a program for as long as `work` takes, and puts it in order afterwards. */
  lend<T>(work: TerminalWork<T>): Promise<T>
  /** Whether stdout is a terminal: tables are drawn for people, and tab-separated for programs. */
  readonly isTable: boolean
  /** Width of the terminal in columns. */
  readonly width: number
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
  const isInteractive = () =>
    options.isInputAllowed && !environment['CI'] && !environment['PHYLUM_NO_INPUT'] &&
    streams.isTerminal('stdin') && streams.isTerminal('stderr')

  function paint(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    if (!isColored(stream)) return text
    const [on, off] = CODES[style]
    return `\x1b[${on}m${text}\x1b[${off}m`
  }

  /** Decides on colour for one stream (no-color.org, bixense.com/clicolors). */
  function isColored(stream: 'stdout' | 'stderr'): boolean {
    if (options.color !== 'auto') return options.color === 'always'
    if (environment['NO_COLOR']) return false
    if (environment['CLICOLOR_FORCE'] && environment['CLICOLOR_FORCE'] !== '0') return true
    if (environment['CLICOLOR'] === '0' || environment['TERM'] === 'dumb') return false
    return streams.isTerminal(stream)
  }

  let progress: string | undefined
  function showProgress(text: string | undefined): void {
    const isAnimated = options.verbosity > -1 && environment['TERM'] !== 'dumb' &&
      streams.isTerminal('stderr')
    if (text === progress || !isAnimated) return
    // Cut to the width: a line that wraps could not be taken back.
    const shown = text?.slice(0, (streams.stderr.columns || 80) - 1) ?? ''
    streams.write('stderr', `\r\x1b[2K${shown === '' ? '' : paint('dim', shown, 'stderr')}`)
    progress = text
  }
  const isLogged = Boolean(environment['CI'] || environment['GITHUB_ACTIONS'])
  const write = (stream: 'stdout' | 'stderr', text: string) =>
    streams.write(stream, `${isLogged ? disarm(text) : text}\n`)
  function say(text: string): void {
    const waiting = progress
    if (waiting !== undefined) showProgress(undefined)
    write('stderr', text)
    if (waiting !== undefined) showProgress(waiting)
  }
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
      if (!isInteractive()) return undefined
      const { askYesOrNo } = await import('./prompt.ts')
      return await askYesOrNo(question, streams)
    },
    async hidden(question) {
      if (!isInteractive()) return undefined
      const { askHidden } = await import('./prompt.ts')
      return await askHidden(question, streams)
    },
    async choose(question, choices) {
      if (!isInteractive()) return undefined
      const { askMany } = await import('./prompt.ts')
      return await askMany(question, choices, streams)
    },
  }
  return {
    print: (text) => write('stdout', text),
    // deno-lint-ignore require-await
    write: async (data) => streams.writeChecked('stdout', data),
    say,
    log,
    prompter,
    showProgress,
    async lend(work) {
      const { lendTerminal } = await import('./lend_terminal.ts')
      return await lendTerminal(streams, environment, work)
    },
    get isInteractive() {
      return isInteractive()
    },
    get isTable() {
      return streams.isTerminal('stdout')
    },
    get width() {
      return streams.columns() || Number(environment['COLUMNS']) || 80
    },
    verbosity: options.verbosity,
    paint,
  }
}

/**
 * Takes the meaning from lines that build services read as orders: "::set-output …" at the beginning, "##[…]", "##vso[…]" and
 * "##teamcity[…]" anywhere. The name of a group, or of a directory, could be one.
 */
function disarm(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1\\x3a').replace(/#(?=#[a-z]*\[)/gi, '\\x23')
}
