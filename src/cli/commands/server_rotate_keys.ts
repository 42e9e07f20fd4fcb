import { PhylumError } from '#base'
import { existsSync } from 'node:fs'
import type { Command } from '../command.ts'
import { systemClock } from '../platform.ts'
import { DATABASE_OPTION, readDatabase } from '../server_database.ts'

/** `phylum server rotate-keys` */
export const serverRotateKeys: Command = {
  name: 'server rotate-keys',
  summary: 'Give the servers on a database new keys to sign with',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [DATABASE_OPTION],
  examples: [
    ['phylum server rotate-keys', 'while the server runs or not; nobody is logged out'],
  ],
  async run(context, given) {
    const { where, name, isFile } = await readDatabase(given, context)
    // To open it would make it, with keys for nobody.
    if (isFile && !existsSync(where)) {
      throw new PhylumError(
        'ERR_SERVER_DATABASE',
        `Cannot rotate keys in "${name}": there is no such file`,
        { hints: ['name the database of the server with --database'] },
      )
    }
    const { rotateKeys } = await import('#server')
    await rotateKeys({ database: where, clock: systemClock })
    context.terminal.say('The servers sign with new keys; the old ones stay published while needed')
    return 0
  },
}
