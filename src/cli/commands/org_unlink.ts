import { updateSettings } from '#config'
import type { Command } from '../command.ts'
import { writableSettings } from '../writable_settings.ts'

/** `phylum org unlink` */
export const orgUnlink: Command = {
  name: 'org unlink',
  summary: 'Let commands act for no organization from now on',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [],
  examples: [['phylum org unlink', 'undoes `phylum org link`']],
  async run(context) {
    await updateSettings(writableSettings(context), { organization: null })
    context.terminal.log.note('Commands act for no organization now')
    return 0
  },
}
