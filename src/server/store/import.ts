import { display, isPhylumError, PhylumError } from '#base'
import type { Database, Value } from './database.ts'
import { EXPORTED, FORMAT, isObject, LEFT_OUT, OLDEST_SCHEMA, readRow } from './export_format.ts'
import type { Row } from './export_format.ts'
import { MIGRATIONS } from './migrations.ts'

/** How many rows are kept with one statement. */
const BATCH = 100

/**
 * Keeps what an export holds, all of it or nothing, in a database that holds nothing yet.
 *
 * @param lines the export's lines, without their ends
 * @returns number of rows
 * @throws ERR_SERVER_IMPORT when the lines are no whole export of this schema or an older one, or the database is not empty
 */
export async function importData(
  database: Database,
  lines: AsyncIterable<string>,
): Promise<number> {
  let attempts = 0
  return await database.transaction(async (inside) => {
    // The lines cannot be had again.
    if (attempts++ > 0) throw refuse('another process writes to the database')
    await assertEmpty(inside)
    return await new Import(inside).take(lines)
  })
}

async function assertEmpty(database: Database): Promise<void> {
  for (const table of [...EXPORTED.map((one) => one.table), ...Object.keys(LEFT_OUT)]) {
    if (await database.get(`SELECT 1 AS one FROM ${table} LIMIT 1`) === undefined) continue
    throw refuse('the database is not empty', 'name a new one with --database')
  }
}

/** An import under way. */
class Import {
  readonly #database: Database
  #line = 0
  #total = 0
  #table = ''
  #rows: Row[] = []

  constructor(database: Database) {
    this.#database = database
  }

  async take(lines: AsyncIterable<string>): Promise<number> {
    let hasEnded = false
    for await (const text of lines) {
      this.#line++
      if (hasEnded) throw this.#refuse('it goes on after its end')
      const value = this.#parse(text)
      if (this.#line === 1) this.#readHead(value)
      else if ('end' in value) {
        await this.#flush()
        if (value['end'] !== this.#total) throw this.#refuse('rows are missing')
        hasEnded = true
      } else await this.#readRow(value)
    }
    if (this.#line === 0) throw refuse('it is empty')
    if (!hasEnded) throw refuse('it is cut off', 'export again')
    return this.#total
  }

  #parse(text: string): { [key: string]: unknown } {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // Told as any other line that is not as it should be.
    }
    if (isObject(value)) return value
    throw this.#refuse(this.#line === 1 ? 'it is no export of phylum' : 'this is no row')
  }

  #readHead({ phylum, format, schema }: { [key: string]: unknown }): void {
    if (phylum !== 'export') throw refuse('it is no export of phylum')
    if (format !== FORMAT) {
      throw refuse(`its format is version ${show(format)}, and this phylum knows ${FORMAT}`)
    }
    const version = Number.isSafeInteger(schema) ? schema as number : NaN
    if (version >= OLDEST_SCHEMA && version <= MIGRATIONS.length) return
    throw refuse(
      `its schema is version ${show(schema)}, and that of this phylum ${MIGRATIONS.length}`,
      'import it with the phylum that wrote it: a newer one then migrates the database',
    )
  }

  async #readRow({ table, row }: { [key: string]: unknown }): Promise<void> {
    const known = EXPORTED.find((one) => one.table === table)
    if (known === undefined) throw this.#refuse(`there is no table "${show(table)}"`)
    const read = readRow(row)
    if (read === undefined) throw this.#refuse('this is no row')
    const isFull = this.#rows.length >= BATCH || known.table !== this.#table ||
      Object.keys(read).join() !== Object.keys(this.#rows[0] ?? {}).join()
    if (isFull) await this.#flush()
    this.#table = known.table
    this.#rows.push(read)
  }

  async #flush(): Promise<void> {
    const [first] = this.#rows
    if (first === undefined) return
    const columns = Object.keys(first)
    const places = `(${columns.map(() => '?').join(', ')})`
    const values: Value[] = this.#rows.flatMap((row) => Object.values(row))
    try {
      await this.#database.run(
        `INSERT INTO ${this.#table} (${columns.join(', ')})
        VALUES ${this.#rows.map(() => places).join(', ')}`,
        ...values,
      )
    } catch (error) {
      if (
        !isPhylumError(error, 'ERR_SERVER_DATABASE') || !/reports an error$/.test(error.message)
      ) {
        throw error
      }
      // A row twice, of nobody, or with a column too many: the database says which.
      throw this.#refuse('the rows up to here do not go together', error.cause)
    }
    this.#total += this.#rows.length
    this.#rows = []
  }

  #refuse(reason: string, cause?: unknown): PhylumError {
    const message = `Cannot import the data: line ${this.#line}: ${reason}`
    return new PhylumError('ERR_SERVER_IMPORT', message, cause === undefined ? {} : { cause })
  }
}

function show(value: unknown): string {
  return display(String(value), 64)
}

function refuse(reason: string, ...hints: string[]): PhylumError {
  return new PhylumError('ERR_SERVER_IMPORT', `Cannot import the data: ${reason}`, { hints })
}
