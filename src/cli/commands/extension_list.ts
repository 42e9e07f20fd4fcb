import { displayJson } from '#base'
import { listExtensions, listPinned } from '#registry'
import { bundledDirectory } from '../bundled.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { listCache, storePlaces } from '../fetch_extension.ts'
import { pinPlaces } from '../locate_extension.ts'
import { writeCache } from '../wall.ts'

/** `phylum ext list` */
export const extensionList: Command = {
  name: 'ext list',
  summary: 'List pinned, installed and bundled extensions',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print the list as JSON' }],
  examples: [
    ['phylum ext list', 'name, version, source and description'],
    ['phylum ext list --json', 'the same for programs'],
  ],
  async run(context, given) {
    const { paths, terminal } = context
    const installed = await listExtensions({
      ...storePlaces(context),
      cacheFile: listCache(context),
      write: writeCache,
      bundledDirectory: bundledDirectory(paths.dataDirectory),
    })
    const pinned = await listPinned(pinPlaces(context))
    const names = new Set(pinned.map(({ name }) => name))
    const entries = [...pinned, ...installed.filter(({ name }) => !names.has(name))]
      .sort((left, right) => left.name < right.name ? -1 : 1)
    if (hasOption(given, 'json')) {
      const extensions = entries.map(({ error, ...entry }) => ({
        ...entry,
        error: error === null ? null : { code: error.code, message: error.message },
      }))
      terminal.print(displayJson(JSON.stringify({ schema: 1, extensions })))
      return 0
    }
    const { renderTable } = await import('../table.ts')
    const rows = entries.map(({ name, version, source, origin, description, error }) =>
      error === null
        ? [name, version ?? '', source === 'pinned' ? source : origin ?? source, description ?? '']
        : [name, '', source, `broken: ${error.message.split('\n', 1)[0]}`]
    )
    terminal.print(renderTable(terminal, ['NAME', 'VERSION', 'SOURCE', 'DESCRIPTION'], rows))
    return 0
  },
}
