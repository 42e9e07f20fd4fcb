import { PhylumError } from '#base'
import type { Choice } from '#base'
import { confirm, isCancel, multiselect, password } from '@clack/prompts'
import type { Streams } from './streams.ts'

/** Asks a question whose answer is no unless the person says otherwise. @throws ERR_CLI_CANCELLED */
export async function askYesOrNo(message: string, streams: Streams): Promise<boolean> {
  await discardTypedAhead(streams)
  const answer = await confirm({ message, initialValue: false, ...ends(streams) })
  if (isCancel(answer)) throw cancelled()
  return answer
}

/** Reads a line that is not shown. @throws ERR_CLI_CANCELLED */
export async function askHidden(message: string, streams: Streams): Promise<string> {
  await discardTypedAhead(streams)
  const answer = await password({ message, ...ends(streams) })
  if (isCancel(answer)) throw cancelled()
  return answer
}

/** Lets choose any number of a list; nothing is chosen in advance. @throws ERR_CLI_CANCELLED */
export async function askMany(
  message: string,
  choices: readonly Choice[],
  streams: Streams,
): Promise<readonly string[]> {
  await discardTypedAhead(streams)
  const options = choices.map(({ value, label, hint }) =>
    hint === undefined ? { value, label } : { value, label, hint }
  )
  const answer = await multiselect({ message, options, required: false, ...ends(streams) })
  if (isCancel(answer)) throw cancelled()
  return answer
}

function ends(streams: Streams): { input: NodeJS.ReadStream; output: NodeJS.WriteStream } {
  return { input: streams.stdin, output: streams.stderr }
}

/**
 * Throws away what was typed before the question was shown: keys pressed for another program, or pasted to forge an
 * answer, are no consent.
 */
async function discardTypedAhead({ stdin }: Streams): Promise<void> {
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
