import { isPhylumError } from '#base'
import type { Clock, Log } from '#base'
import type { RequestRecord } from '#server'
import type { Terminal } from './terminal.ts'

/** How a server's log is written: for people, or one JSON object a line for programs. */
export type LogFormat = 'text' | 'json'

/** What a server says, and what it was asked, on stderr. */
export interface ServerLog extends Log {
  /** Says what is always said, `-q` or not: where the server listens, what was made. */
  say(message: string): void
  /** Writes a line about a request. */
  record(record: RequestRecord): void
  /** Writes what waits to be written. */
  flush(): void
}

export interface ServerLogOptions {
  format: LogFormat
  clock: Clock
  /** Whether a request has a line of its own. */
  isShown: (record: RequestRecord) => boolean
}

/** How long a line about a request may wait for others, in milliseconds: to write each by itself would cost more than to answer. */
const PATIENCE = 50

/** So many lines wait for no others. */
const MAX_WAITING = 500

/** Makes the log of a server. */
export function createServerLog(terminal: Terminal, options: ServerLogOptions): ServerLog {
  const { format, isShown, clock } = options
  const render = format === 'json' ? renderJson : renderText
  const write = createTimeWriter()
  const voice = format === 'text'
    ? createTextVoice(terminal)
    : createJsonVoice(terminal, () => write(clock.now()))
  let waiting: [record: RequestRecord, time: number][] = []
  let lost = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function record(record: RequestRecord): void {
    if (!isShown(record)) return
    const count = waiting.push([record, clock.now()])
    if (count === 1) timer = setTimeout(flush, PATIENCE)
    else if (count >= MAX_WAITING) flush()
  }

  function flush(): void {
    const records = waiting
    waiting = []
    clearTimeout(timer)
    if (records.length === 0) return
    attempt(records.length, () => {
      terminal.say(records.map(([record, time]) => render(record, write(time))).join('\n'))
    })
  }

  /** Writes, and lets the server live where that fails: a disk that is full stops nobody from being answered. */
  function attempt(lines: number, write: () => void): void {
    try {
      if (lost > 0) voice.warn(`${lost} lines of the log could not be written`)
      lost = 0
      write()
    } catch (error) {
      if (!isPhylumError(error, 'ERR_CLI_OUTPUT')) throw error
      lost += lines
    }
  }

  /** Puts a message behind what was there before it. */
  function tell(write: () => void): void {
    flush()
    attempt(1, write)
  }

  return {
    warn: (message) => tell(() => voice.warn(message)),
    note: (message) => tell(() => voice.note(message)),
    debug: (message) => tell(() => voice.debug(message)),
    say: (message) => tell(() => voice.say(message)),
    record,
    flush,
  }
}

type Voice = Log & Pick<ServerLog, 'say'>

function createTextVoice({ log, say }: Terminal): Voice {
  return { ...log, say }
}

function createJsonVoice(terminal: Terminal, tellTime: () => string): Voice {
  const write = (level: string, message: string) =>
    terminal.say(JSON.stringify({ time: tellTime(), level, message }))
  return {
    warn(message) {
      if (terminal.verbosity > -2) write('warn', message)
    },
    note(message) {
      if (terminal.verbosity > -1) write('info', message)
    },
    debug(message) {
      if (terminal.verbosity > 0) write('debug', message)
    },
    say: (message) => write('info', message),
  }
}

function renderJson(record: RequestRecord, time: string): string {
  const { requestId, method, route, status, milliseconds, bytes } = record
  return JSON.stringify({
    time,
    level: status < 500 ? 'info' : 'error',
    event: 'request',
    method,
    route,
    status,
    ms: round(milliseconds),
    bytes,
    cut: record.isCut ? true : undefined,
    key_id: record.keyId,
    user_id: record.userId,
    request_id: requestId,
    fault: record.fault,
  })
}

function renderText(record: RequestRecord, time: string): string {
  const { requestId, method, route, status, milliseconds, bytes, keyId, userId, fault } = record
  const head = `${time} ${method} ${route} ${status} ${round(milliseconds)}ms ${bytes}B`
  const who = keyId !== undefined ? ` key=${keyId}` : userId !== undefined ? ` user=${userId}` : ''
  const how = `${record.isCut ? ' cut' : ''}${fault === undefined ? '' : ` fault=${fault}`}`
  return `${head}${who} request=${requestId}${how}`
}

/** Makes a function that writes a time, and writes it anew only when it is another one. */
function createTimeWriter(): (time: number) => string {
  let written = NaN
  let text = ''
  return (time) => {
    if (time !== written) text = new Date(written = time).toISOString()
    return text
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}
