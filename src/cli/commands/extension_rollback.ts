import { display } from '#base'
import { activate, findPrevious, withName } from '#registry'
import type { Command } from '../command.ts'
import { storePlaces } from '../fetch_extension.ts'
import { requireInstalled } from '../require_installed.ts'

/** `phylum ext rollback` */
export const extensionRollback: Command = {
  name: 'ext rollback',
  summary: 'Go back to the version before',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [],
  examples: [['phylum ext rollback report', 'the files and permissions of before the last update']],
  async run(context, given) {
    const places = storePlaces(context)
    const name = given.positionals[0]!
    requireInstalled(context, name)
    const { record } = await withName(places, name, async () => {
      await Promise.resolve()
      const previous = findPrevious(places, name)
      activate(places, name, previous.id)
      return previous
    })
    context.terminal.print(
      `${name} is at ${
        record.version === null ? 'the version before' : display(record.version)
      } again`,
    )
    return 0
  },
}
