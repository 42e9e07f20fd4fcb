import { display, PhylumError, systemCode } from '#base'
import { createReadStream, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { DATABASE_OPTION, readDatabase } from '../server_database.ts'

/** `phylum server import` */
export const serverImport: Command = {
  name: 'server import',
  summary: 'Fill a new database of the embedded server with exported data',
  usage: '[FILE]',
  positionals: { min: 0, max: 1 },
  options: [DATABASE_OPTION],
  examples: [
    ['phylum server import --database new.sqlite backup.jsonl', 'all of it or nothing'],
  ],
  async run(context, given) {
    const { terminal, workingDirectory } = context
    const { where, name, isFile } = await readDatabase(given, context)
    const [file] = given.positionals
    const chunks = file === undefined
      ? context.input
      : await openFile(file, resolve(workingDirectory, file))
    if (isFile) mkdirSync(dirname(where), { recursive: true, mode: 0o700 })
    const { importDatabase } = await import('#server')
    const total = await importDatabase(where, chunks)
    terminal.log.note(`Imported ${total} rows into database "${name}"`)
    return 0
  },
}

/** Opens a file before a database is made for it. */
async function openFile(shown: string, path: string): Promise<AsyncIterable<Uint8Array>> {
  const stream = createReadStream(path)
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve())
    stream.once('error', (cause) => {
      const reasons: Readonly<Record<string, string>> = {
        ENOENT: 'it does not exist',
        EACCES: 'permission is denied',
      }
      const reason = reasons[systemCode(cause) ?? ''] ?? 'the system refuses'
      const message = `Cannot read "${display(shown)}": ${reason}`
      reject(new PhylumError('ERR_SERVER_IMPORT', message, { cause }))
    })
  })
  return readAll(shown, stream)
}

async function* readAll(
  shown: string,
  stream: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  try {
    yield* stream
  } catch (cause) {
    const reason = systemCode(cause) === 'EISDIR' ? 'it is a directory' : 'the system refuses'
    throw new PhylumError('ERR_SERVER_IMPORT', `Cannot read "${display(shown)}": ${reason}`, {
      cause,
    })
  }
}
