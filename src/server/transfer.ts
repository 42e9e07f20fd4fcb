import { PhylumError } from '#base'
import type { Clock } from '#base'
import { exportData } from './store/export.ts'
import { importData } from './store/import.ts'
import { openDatabase } from './store/open_database.ts'

/** Longest line of an export that is read, in bytes; a row is no longer than what one request can write. */
const MAX_LINE = 8 << 20

/** Whoever takes the lines may be slow; the database must not give up on us meanwhile. In milliseconds. */
const PATIENCE = 3_600_000

/**
 * Writes everything that a database holds, in a form that any other database of this phylum takes; see `exportData()`.
 *
 * @param take takes some lines; the next ones wait for it
 * @returns number of rows
 * @throws ERR_SERVER_DATABASE
 */
export async function exportDatabase(
  where: string,
  options: { clock: Clock; take(lines: string): Promise<void> },
): Promise<number> {
  const database = await openDatabase(where, { statementMilliseconds: PATIENCE })
  try {
    return await exportData(database, options)
  } finally {
    await database.close()
  }
}

/**
 * Keeps an export, all of it or nothing, in a database that holds nothing yet, and makes that where it is missing.
 *
 * @returns number of rows
 * @throws ERR_SERVER_DATABASE, ERR_SERVER_IMPORT
 */
export async function importDatabase(
  where: string,
  chunks: AsyncIterable<Uint8Array | string>,
): Promise<number> {
  const database = await openDatabase(where, { statementMilliseconds: PATIENCE })
  try {
    return await importData(database, splitLines(chunks))
  } finally {
    await database.close()
  }
}

/** Splits text into lines, and keeps no more of it than one line and one chunk. */
async function* splitLines(chunks: AsyncIterable<Uint8Array | string>): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decode(decoder, chunk)).split('\n')
    rest = lines.pop() ?? ''
    // A file without line ends, from /dev/zero to a video, would otherwise be taken in whole.
    if (rest.length > MAX_LINE) throw refuse('it has lines that are too long')
    yield* lines
  }
  if (rest !== '') yield rest
}

function decode(decoder: TextDecoder, chunk: Uint8Array | string): string {
  if (typeof chunk === 'string') return chunk
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw refuse('it is not UTF-8')
  }
}

function refuse(reason: string): PhylumError {
  return new PhylumError('ERR_SERVER_IMPORT', `Cannot import the data: ${reason}`)
}
