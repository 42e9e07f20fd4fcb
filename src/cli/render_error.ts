import { display, displayJson, PhylumError, UsageError } from '#base'
import type { Terminal } from './terminal.ts'

/** Renders an error for people: what failed, what to do, and with `-v` why. */
export function renderError(terminal: Terminal, error: unknown): string {
  const label = (text: string) => terminal.paint('red', text, 'stderr')
  const hint = (text: string) => `${terminal.paint('green', 'hint:', 'stderr')} ${text}`
  if (!(error instanceof PhylumError)) {
    const lines = [`${label('error[ERR_UNEXPECTED]:')} ${display(messageOf(error))}`]
    if (terminal.verbosity > 0) lines.push(stackOf(error))
    else lines.push(hint('run again with -v to see where it comes from'))
    return lines.join('\n')
  }
  const lines = [`${label(`error[${error.code}]:`)} ${error.message}`]
  if (error instanceof UsageError && error.usage !== undefined) lines.push(`usage: ${error.usage}`)
  lines.push(...error.hints.map(hint))
  if (terminal.verbosity > 0) {
    for (
      let cause = error.cause;
      cause !== undefined;
      cause = cause instanceof Error ? cause.cause : undefined
    ) {
      lines.push(`cause: ${display(messageOf(cause))}`)
    }
    lines.push(stackOf(error))
  }
  return lines.join('\n')
}

/** Renders an error for programs that asked for JSON: one object, on stderr, so that stdout holds data or nothing. */
export function renderJsonError(error: unknown, exit: number): string {
  const code = error instanceof PhylumError ? error.code : 'ERR_UNEXPECTED'
  const hints = error instanceof PhylumError ? error.hints : []
  return displayJson(JSON.stringify({ error: { code, message: messageOf(error), hints, exit } }))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The frames of an error; its message, which may have many lines, stands above them already. */
function stackOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return lines.filter((line) => /^\s+at /.test(line)).map((line) => display(line)).join('\n')
}
