import { PhylumError } from '#base'
import type { Choice } from '#base'
import { confirm, isCancel, multiselect, password } from '@clack/prompts'
import type { Streams } from './streams.ts'
import { readTerminalMode } from './terminal_mode.ts'

/** Asks a question whose answer is no unless the person says otherwise. @throws ERR_CLI_CANCELLED */
export async function askYesOrNo(message: string, streams: Streams): Promise<boolean> {
  return await asking(streams, () => confirm({ message, initialValue: false, ...ends(streams) }))
}

/** Reads a line that is not shown. @throws ERR_CLI_CANCELLED */
export async function askHidden(message: string, streams: Streams): Promise<string> {
  return await asking(streams, () => password({ message, ...ends(streams) }))
}

/** Signals that end a program which does not know better. */
const DEADLY = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Puts a question. Somebody who ends the program meanwhile, by a signal, gets the terminal back as it was: with keys that are
 * shown, and a cursor.
 */
async function asking<T>(
  streams: Streams,
  question: () => Promise<T>,
): Promise<Exclude<T, symbol>> {
  const mode = await readTerminalMode(0)
  const handlers = DEADLY.map((name) => [name, () => end(name)] as const)
  // Where others watch, as during a run, they see to the rest.
  const isAlone = DEADLY.every((name) => process.listenerCount(name) === 0)

  function end(name: NodeJS.Signals): void {
    mode?.restore()
    streams.write('stderr', '\x1b[?25h\n')
    leave()
    process.kill(process.pid, name)
  }

  function leave(): void {
    for (const [name, handler] of handlers) process.off(name, handler)
  }

  if (isAlone) { for (const [name, handler] of handlers) process.on(name, handler) }
  try {
    // Keys pressed for another program, or pasted to forge an answer, are no consent: the system throws away what was typed before
    // the question is shown.
    if (mode === undefined) await readTypedAhead(streams)
    else mode.restore({ isFlushed: true })
    const answer = await question()
    if (isCancel(answer)) throw cancelled()
    return answer as Exclude<T, symbol>
  } finally {
    leave()
  }
}

/** Lets choose any number of a list; nothing is chosen in advance. @throws ERR_CLI_CANCELLED */
export async function askMany(
  message: string,
  choices: readonly Choice[],
  streams: Streams,
): Promise<readonly string[]> {
  const options = choices.map(({ value, label, hint }) =>
    hint === undefined ? { value, label } : { value, label, hint }
  )
  return await asking(
    streams,
    () => multiselect({ message, options, required: false, ...ends(streams) }),
  )
}

function ends(streams: Streams): { input: NodeJS.ReadStream; output: NodeJS.WriteStream } {
  return { input: streams.stdin, output: streams.stderr }
}

/** Throws away what was typed ahead where the system cannot be asked to: what arrives in a moment was there before. */
async function readTypedAhead({ stdin }: Streams): Promise<void> {
  stdin.setRawMode(true)
  stdin.resume()
  const discard = () => {}
  stdin.on('data', discard)
  await new Promise((resolve) => setTimeout(resolve, 20))
  stdin.off('data', discard)
  stdin.pause()
  stdin.setRawMode(false)
}

function cancelled(): PhylumError {
  return new PhylumError('ERR_CLI_CANCELLED', 'Cancelled')
}
