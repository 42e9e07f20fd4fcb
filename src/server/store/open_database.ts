import { display } from '#base'
import type { Database, DatabaseOptions } from './database.ts'
import { openPostgresDatabase } from './postgres_database.ts'
import { nameOfPostgres } from './postgres_error.ts'
import { openSqliteDatabase } from './sqlite_database.ts'

/** Answers whether a database is a PostgreSQL server; anything else is a file. */
export function isPostgresUrl(where: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(where)
}

/** Gives the name under which a database is shown: never with the password that a URL may hold. */
export function nameOfDatabase(where: string): string {
  return isPostgresUrl(where) ? nameOfPostgres(where) : display(where)
}

/**
 * Opens a database, makes it where it is a file that is missing, and brings it to the newest schema.
 *
 * @param where path of a SQLite file, ":memory:", or the URL of a PostgreSQL database
 * @throws ERR_SERVER_DATABASE when it cannot be a database of this phylum, with the reason
 */
export function openDatabase(where: string, options: DatabaseOptions = {}): Promise<Database> {
  return isPostgresUrl(where)
    ? openPostgresDatabase(where, options)
    : openSqliteDatabase(where, options)
}
