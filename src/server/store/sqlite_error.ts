import { display, PhylumError, systemCode } from '#base'

// The two runtimes agree on SQLite's texts, not on its numbers: Deno gives none for most errors.
const REASONS: readonly (readonly [RegExp, string, string?])[] = [
  [/not a database/, 'it is not a SQLite database', 'name another file with --database'],
  [/malformed/, 'it is damaged', 'restore it from a copy'],
  [
    /locked|busy/,
    'another process keeps it locked',
    'stop the other process, or name another file',
  ],
  [/readonly|EROFS/, 'it is read-only', 'make the file and its directory writable'],
  [/EACCES|EPERM/, 'permission is denied', 'make the file and its directory writable'],
  [/ENOENT/, 'its directory does not exist', 'create the directory, or name another file'],
  [/ENOTDIR/, 'a part of its path is not a directory'],
  [/disk is full|ENOSPC|EDQUOT/, 'the disk is full', 'make room, then try again'],
  [/disk I\/O/, 'the disk does not answer as it should'],
  [/unable to open/, 'it cannot be opened', 'check that the file and its directory are writable'],
]

/** Puts a failure of SQLite, or of the file system below it, into words. */
export function explainSqliteError(act: string, file: string, error: unknown): PhylumError {
  if (error instanceof PhylumError) return error
  const text = `${systemCode(error) ?? ''} ${error instanceof Error ? error.message : ''}`
  const reason = REASONS.find(([pattern]) => pattern.test(text))
  return refuseDatabase(act, file, reason?.[1] ?? 'SQLite reports an error', {
    ...(reason?.[2] === undefined ? {} : { hints: [reason[2]] }),
    cause: error,
  })
}

/** Answers whether another process was writing. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && !(error instanceof PhylumError) &&
    /locked|busy/.test(error.message)
}

/** Makes the error of a database, by the name under which the user knows it. */
export function refuseDatabase(
  act: string,
  file: string,
  reason: string,
  details: { hints?: readonly string[]; cause?: unknown } = {},
): PhylumError {
  return new PhylumError(
    'ERR_SERVER_DATABASE',
    `Cannot ${act} database "${display(file)}": ${reason}`,
    details,
  )
}
