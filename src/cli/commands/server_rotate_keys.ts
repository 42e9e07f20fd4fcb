import { display, PhylumError } from '#base'
import { existsSync } from 'node:fs'
import { textOption } from '../command.ts'
import type { Command } from '../command.ts'
import { systemClock } from '../platform.ts'
import { readDatabase } from './server_start.ts'

/** `phylum server rotate-keys` */
export const serverRotateKeys: Command = {
  name: 'server rotate-keys',
  summary: 'Give the servers on a database new keys to sign with',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    {
      name: 'database',
      value: 'FILE',
      summary: 'Database file (default server.sqlite in the data directory)',
    },
  ],
  examples: [
    ['phylum server rotate-keys', 'while the server runs or not; nobody is logged out'],
  ],
  async run(context, given) {
    const database = readDatabase(
      textOption(given, 'database'),
      context.paths.dataDirectory,
      context.workingDirectory,
    )
    // To open it would make it, with keys for nobody.
    if (!existsSync(database)) {
      throw new PhylumError(
        'ERR_SERVER_DATABASE',
        `Cannot rotate keys in "${display(database)}": there is no such file`,
        { hints: ['name the database of the server with --database'] },
      )
    }
    const { rotateKeys } = await import('#server')
    await rotateKeys({ database, clock: systemClock })
    context.terminal.say('The servers sign with new keys; the old ones stay published while needed')
    return 0
  },
}
