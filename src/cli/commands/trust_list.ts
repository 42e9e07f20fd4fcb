import { displayJson } from '#base'
import type { TrustRule } from '#config'
import { thumbprintOf } from '#registry'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'

/** `phylum trust list` */
export const trustList: Command = {
  name: 'trust list',
  summary: 'List trusted publishers, and the rules of the policy',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'json', summary: 'Print them as JSON' }],
  examples: [['phylum trust list', 'rules stand in settings.yaml, below "trust.policy"']],
  async run(context, given) {
    const { terminal } = context
    const { publishers, rules } = (await context.settings()).trust
    const keys = await Promise.all(
      publishers.map(async ({ name, key, jwks }) => ({
        name,
        key: key === undefined ? null : await thumbprintOf(key),
        jwks: jwks ?? null,
      })),
    )
    if (hasOption(given, 'json')) {
      const policy = rules.map(({ source, publisher, permits, asks, decision }) => ({
        source,
        publisher,
        permits,
        asks,
        then: decision,
      }))
      terminal.print(displayJson(JSON.stringify({ schema: 1, publishers: keys, policy })))
      return 0
    }
    const { renderTable } = await import('../table.ts')
    const publishersTable = renderTable(
      terminal,
      ['PUBLISHER', 'KEY'],
      keys.map(({ name, key, jwks }) => [name, key ?? jwks ?? '']),
    )
    const rulesTable = renderTable(
      terminal,
      ['RULE', 'THEN', 'SOURCE', 'PUBLISHER', 'CONDITION'],
      rules.map((rule, index) => [
        String(index + 1),
        rule.decision,
        rule.source ?? 'any',
        rule.publisher ?? 'any',
        describeCondition(rule),
      ]),
    )
    if (publishers.length > 0) terminal.print(publishersTable)
    else terminal.log.note('No publisher is trusted')
    if (rules.length > 0) terminal.print(`\n${rulesTable}`)
    else terminal.log.note('There is no rule: every extension is asked about')
    return 0
  },
}

function describeCondition({ permits, asks }: TrustRule): string {
  if (asks !== null) return `asks for ${asks.join(', ')}`
  if (permits === null) return ''
  const kinds = Object.entries(permits).filter(([, value]) => value !== 'none')
    .map(([kind, value]) => `${kind} ${Array.isArray(value) ? value.join(' ') : String(value)}`)
  return kinds.length === 0 ? 'asks for nothing' : `asks at most for ${kinds.join(', ')}`
}
