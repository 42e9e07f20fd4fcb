import { display, UsageError } from '#base'
import { isAbsolute, join } from 'node:path'
import type { Given } from './command.ts'
import { textOption } from './command.ts'
import type { Context } from './compose.ts'
import type { OptionSpec } from './option.ts'

/** The database of the embedded server, as the user names it. */
export interface ServerDatabase {
  /** Absolute path of a file, or the URL of a PostgreSQL database. */
  where: string
  /** What may be shown of it: no password. */
  name: string
  isFile: boolean
}

/** `--database`, for every command that works on one. */
export const DATABASE_OPTION: OptionSpec = {
  name: 'database',
  value: 'FILE|URL',
  summary: 'Database: a file (default server.sqlite in the data directory), or postgres://…',
}

/** Reads `--database`. */
export async function readDatabase(given: Given, context: Context): Promise<ServerDatabase> {
  const { isPostgresUrl, nameOfDatabase } = await import('#server')
  const text = textOption(given, 'database')
  if (text !== undefined && isPostgresUrl(text)) {
    return { where: text, name: nameOfDatabase(text), isFile: false }
  }
  const where = readFile(text, context)
  return { where, name: nameOfDatabase(where), isFile: true }
}

function readFile(text: string | undefined, { paths, workingDirectory }: Context): string {
  if (text === undefined) return join(paths.dataDirectory, 'server.sqlite')
  if (text === '') throw new UsageError('Option --database is empty')
  // Not shown whole: there may be a password in it.
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  if (scheme !== undefined) {
    throw new UsageError(
      `Option --database begins with "${display(scheme)}://", not with postgres://`,
    )
  }
  return isAbsolute(text) ? text : join(workingDirectory, text)
}
