import { display, PhylumError, systemCode } from '#base'
import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from '../command.ts'
import { systemClock } from '../platform.ts'
import { DATABASE_OPTION, readDatabase } from '../server_database.ts'

type Take = (lines: string) => Promise<void>

/** `phylum server export` */
export const serverExport: Command = {
  name: 'server export',
  summary: 'Write all data of the embedded server, as lines of JSON',
  usage: '[FILE]',
  positionals: { min: 0, max: 1 },
  options: [DATABASE_OPTION],
  examples: [
    [
      'phylum server export backup.jsonl',
      'while the server runs, too; keys and passwords are in it as hashes',
    ],
    [
      'phylum server export | phylum server import --database postgres://db.example.org/phylum',
      'to another database',
    ],
  ],
  async run(context, given) {
    const { terminal, workingDirectory } = context
    const { where, name, isFile } = await readDatabase(given, context)
    if (isFile && !existsSync(where)) {
      throw new PhylumError(
        'ERR_SERVER_DATABASE',
        `Cannot open database "${name}": it does not exist`,
        {
          hints: ['name another one with --database'],
        },
      )
    }
    const { exportDatabase } = await import('#server')
    const write = (take: Take) => exportDatabase(where, { clock: systemClock, take })
    const [file] = given.positionals
    const total = file === undefined
      ? await write((lines) => terminal.write(lines).catch(explainPipe))
      : await writeFile(file, resolve(workingDirectory, file), write)
    terminal.log.note(`Exported ${total} rows of database "${name}"`)
    return 0
  },
}

/** Writes a new file, which only its owner can read; leaves none behind that is not whole. */
async function writeFile(
  shown: string,
  path: string,
  write: (take: Take) => Promise<number>,
): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((error) => {
    throw explain(shown, error)
  })
  try {
    const total = await write(async (lines) => {
      await file.writeFile(lines).catch((error) => {
        throw explain(shown, error)
      })
    })
    // On the disk before it is called exported.
    await file.sync()
    await file.close()
    return total
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
}

function explainPipe(cause: unknown): never {
  const reason = systemCode(cause) === 'EPIPE' ? 'nobody reads it any more' : 'the system refuses'
  throw new PhylumError('ERR_SERVER_EXPORT', `Cannot write the export: ${reason}`, { cause })
}

function explain(file: string, cause: unknown): PhylumError {
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: 'it exists already',
    ENOENT: 'its directory does not exist',
    EACCES: 'permission is denied',
    ENOSPC: 'the disk is full',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a directory',
  }
  const reason = reasons[systemCode(cause) ?? ''] ?? 'the system refuses'
  const hints = systemCode(cause) === 'EEXIST' ? ['name a new file'] : []
  return new PhylumError('ERR_SERVER_EXPORT', `Cannot write "${display(file)}": ${reason}`, {
    hints,
    cause,
  })
}
