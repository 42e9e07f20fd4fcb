import { displayJson } from '#base'
import type { Given } from './command.ts'
import { hasOption } from './command.ts'
import type { Context } from './compose.ts'
import type { OptionSpec } from './option.ts'

/** Asks for JSON. */
export const JSON_OPTION: OptionSpec = {
  name: 'json',
  short: 'j',
  summary: 'Print it as JSON, for programs',
}

/** Prints a value for programs, with the number of the form that it has. */
export function printJson({ terminal }: Context, value: Readonly<Record<string, unknown>>): void {
  terminal.print(displayJson(JSON.stringify({ schema: 1, ...value })))
}

/** A list to be printed. */
export interface Listing {
  /** Its name in JSON, and its entries. */
  key: string
  entries: readonly unknown[]
  headings: readonly string[]
  rows: readonly (readonly string[])[]
  /** What is said to a person when there is nothing. */
  empty: string
  /** What else stands in the JSON. */
  context?: Readonly<Record<string, unknown>>
}

/** Prints a list as a table, or as JSON where that was asked for. */
export async function printList(context: Context, given: Given, listing: Listing): Promise<void> {
  const { key, entries, headings, rows, empty } = listing
  if (hasOption(given, 'json')) return printJson(context, { ...listing.context, [key]: entries })
  if (rows.length === 0) return context.terminal.log.note(empty)
  const { renderTable } = await import('./table.ts')
  context.terminal.print(renderTable(context.terminal, headings, rows))
}

/** Prints what is known of one thing, line by line; what is not known is left out. */
export function printFields(
  { terminal }: Context,
  fields: readonly (readonly [string, string | null | undefined])[],
): void {
  const known = fields.filter(([, value]) => value !== null && value !== undefined && value !== '')
  const width = Math.max(...known.map(([name]) => name.length)) + 2
  for (const [name, value] of known) terminal.print(`${`${name}:`.padEnd(width)}${value}`)
}
