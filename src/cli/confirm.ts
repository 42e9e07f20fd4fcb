import { PhylumError } from '#base'
import type { Given } from './command.ts'
import { hasOption } from './command.ts'
import type { Context } from './compose.ts'
import type { OptionSpec } from './option.ts'

/** Answers the question beforehand. */
export const YES_OPTION: OptionSpec = { name: 'yes', short: 'y', summary: 'Do not ask' }

/**
 * Asks before something is deleted, unless `-y` was given.
 *
 * @param what what will be deleted, safe to show: `group "acme"`
 * @throws ERR_CLI_CONFIRMATION when the answer is no, or nobody can be asked
 */
export async function confirmDeletion(context: Context, given: Given, what: string): Promise<void> {
  if (hasOption(given, 'yes')) return
  const answer = await context.terminal.prompter.confirm(`Delete ${what}?`)
  if (answer === undefined) {
    throw new PhylumError(
      'ERR_CLI_CONFIRMATION',
      `Cannot delete ${what} unasked: there is no terminal`,
      { hints: ['say -y to delete it without a question'] },
    )
  }
  if (!answer) throw new PhylumError('ERR_CLI_CONFIRMATION', 'Nothing was deleted')
}
