import { displayJson } from '#base'
import { listExtensions } from '#registry'
import { bundledDirectory } from '../bundled.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** `phylum ext list` */
export const extensionList: Command = {
  name: 'ext list',
  summary: 'List installed and bundled extensions',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print the list as JSON' }],
  examples: [
    ['phylum ext list', 'name, version, source and description'],
    ['phylum ext list --json', 'the same for programs'],
  ],
  async run(context, given) {
    const { paths, terminal } = context
    const entries = await listExtensions({
      extensionsDirectory: paths.extensionsDirectory,
      bundledDirectory: bundledDirectory(paths.dataDirectory),
    })
    if (hasOption(given, 'json')) {
      const extensions = entries.map((each) => ({
        name: each.name,
        source: each.source,
        directory: each.directory,
        version: 'manifest' in each ? each.manifest.version ?? null : null,
        description: 'manifest' in each ? each.manifest.description ?? null : null,
        error: 'error' in each ? { code: each.error.code, message: each.error.message } : null,
      }))
      terminal.print(displayJson(JSON.stringify({ schema: 1, extensions })))
      return 0
    }
    const { renderTable } = await import('../table.ts')
    const rows = entries.map((each) =>
      'manifest' in each
        ? [each.name, each.manifest.version ?? '', each.source, each.manifest.description ?? '']
        : [each.name, '', each.source, `broken: ${each.error.message.split('\n', 1)[0]}`]
    )
    terminal.print(renderTable(terminal, ['NAME', 'VERSION', 'SOURCE', 'DESCRIPTION'], rows))
    return 0
  },
}
