import { display, displayJson } from '#base'
import { describePermissions } from '#permissions'
import { findInstalled, readConsent, readRecord } from '#registry'
import { dirname } from 'node:path'
import { askedAnywhere } from '../agree.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { storePlaces } from '../fetch_extension.ts'
import { locateExtension } from '../locate_extension.ts'
import { searchNamespaces } from '../wall.ts'

/** `phylum ext info` */
export const extensionInfo: Command = {
  name: 'ext info',
  summary: 'Show what an extension is, where it is from, and what it may do',
  usage: 'NAME|PATH',
  positionals: { min: 1, max: 1 },
  options: [{ name: 'json', summary: 'Print it as JSON' }],
  examples: [['phylum ext info groups', 'none of its code is run']],
  async run(context, given) {
    const { terminal, paths } = context
    const extension = await locateExtension(context, given.positionals[0]!)
    const { name, manifest, source, directory } = extension
    const record = source === 'installed'
      ? findInstalled(storePlaces(context), name)?.record
      : source === 'pinned'
      ? readRecord(dirname(directory))
      : undefined
    const consent = readConsent(paths.stateDirectory, extension)
    if (hasOption(given, 'json')) {
      const { permissions = {}, api = null } = manifest
      terminal.print(displayJson(JSON.stringify({
        schema: 1,
        name,
        version: manifest.version ?? null,
        description: manifest.description ?? null,
        engine: manifest.engine,
        entry_point: manifest.entry_point,
        directory,
        source,
        origin: record?.source ?? null,
        resolved: record?.resolved ?? null,
        integrity: record?.integrity ?? null,
        publisher: record?.publisher ?? null,
        installed_at: record?.installedAt ?? null,
        agreed_at: consent?.agreedAt ?? null,
        permissions,
        api,
      })))
      return 0
    }
    const isRunConfined = (await searchNamespaces(context)).maker !== null
    const { dangers, lines } = describePermissions(
      askedAnywhere(context, manifest),
      { isRunConfined },
    )
    const facts: readonly (readonly [string, string | null | undefined])[] = [
      ['Version', manifest.version],
      ['Description', manifest.description],
      ['Engine', manifest.engine],
      ['Directory', directory],
      ['From', record?.source ?? (source === 'bundled' ? 'phylum itself' : null)],
      ['Fetched', record?.resolved === record?.source ? null : record?.resolved],
      ['Integrity', record?.integrity],
      ['Publisher', record?.publisher],
      ['Installed', record?.installedAt],
      ['Agreed to', consent?.agreedAt],
    ]
    terminal.print([
      terminal.paint('bold', name),
      ...facts.filter(([, value]) => value !== null && value !== undefined)
        .map(([label, value]) => `  ${label.padEnd(11)}  ${display(value!, 300)}`),
      lines.length === 0 ? '  It asks for no permission' : '  It asks for permission to:',
      ...dangers.map((each) => `    ${terminal.paint('red', 'danger:')} ${each}`),
      ...lines.map((each) => `    - ${each}`),
    ].join('\n'))
    return 0
  },
}
