import { display, PhylumError, suggest } from '#base'
import { removePublisher } from '#config'
import type { Command } from '../command.ts'
import { writableSettings } from '../writable_settings.ts'

/** `phylum trust remove` */
export const trustRemove: Command = {
  name: 'trust remove',
  summary: 'Trust a publisher no more',
  usage: 'NAME',
  positionals: { min: 1, max: 1 },
  options: [],
  examples: [['phylum trust remove acme', 'its signature counts no more; nothing is uninstalled']],
  async run(context, given) {
    const file = writableSettings(context)
    const [name = ''] = given.positionals
    if (!await removePublisher(file, name)) {
      const names = (await context.settings()).trust.publishers.map((each) => each.name)
      throw new PhylumError(
        'ERR_REGISTRY_NOT_FOUND',
        `Cannot remove publisher "${display(name, 100)}": none of this name is trusted`,
        { hints: suggest(name, names).map((near) => `did you mean "${near}"?`) },
      )
    }
    context.terminal.log.note(`Publisher "${display(name)}" is trusted no more`)
    return 0
  },
}
