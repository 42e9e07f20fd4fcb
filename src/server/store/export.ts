import type { Clock } from '#base'
import type { Database, Value } from './database.ts'
import { EXPORTED, FORMAT, writeRow } from './export_format.ts'
import type { Head, Row } from './export_format.ts'
import { MIGRATIONS } from './migrations.ts'

/** How many rows are read at once. */
const PAGE = 500

/**
 * Writes everything that a database holds, as lines of JSON: a head, the rows of each table in the order of their keys,
 * and an end, by which one can tell that nothing is missing. It shows one moment, and holds up nobody who writes.
 *
 * Keys, sessions and passwords are in it as the hashes that the database keeps; what the servers sign with is left out.
 *
 * @param take takes some lines, with their ends; the next ones wait for it
 * @returns number of rows
 */
export async function exportData(
  database: Database,
  options: { clock: Clock; take(lines: string): Promise<void> },
): Promise<number> {
  const head: Head = {
    phylum: 'export',
    format: FORMAT,
    schema: MIGRATIONS.length,
    at: options.clock.now(),
  }
  return await database.snapshot(async (inside) => {
    await options.take(`${JSON.stringify(head)}\n`)
    let total = 0
    for (const { table, key } of EXPORTED) {
      let rows = await readPage(inside, table, key)
      while (rows.length > 0) {
        total += rows.length
        await options.take(rows.map((row) => `${writeRow(table, row)}\n`).join(''))
        rows = await readPage(inside, table, key, rows.at(-1))
      }
    }
    await options.take(`${JSON.stringify({ end: total })}\n`)
    return total
  })
}

/** Reads the rows that come after one, by the index of the key: the last page costs what the first one does. */
async function readPage(
  database: Database,
  table: string,
  key: readonly string[],
  last?: Row,
): Promise<Row[]> {
  const columns = key.join(', ')
  const after = last === undefined ? '' : `WHERE (${columns}) > (${key.map(() => '?').join(', ')})`
  const values: Value[] = last === undefined ? [] : key.map((column) => last[column] ?? null)
  return await database.all<Row>(
    `SELECT * FROM ${table} ${after} ORDER BY ${columns} LIMIT ${PAGE}`,
    ...values,
  )
}
