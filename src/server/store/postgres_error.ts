import { display, PhylumError, systemCode } from '#base'

/** Gives the name under which a database is shown: its URL without user, password and parameters. */
export function nameOfPostgres(url: string): string {
  // Up to the last "@": a password that holds one, or a "?" or "/", must not be taken for the name of the host.
  const bare = url.replace(/^([a-z]+:\/\/)(?:.*@)?/is, '$1')
  return display(bare.replace(/[?#].*$/s, ''))
}

// By SQLSTATE, by the system's code, or by the driver's text where there is neither.
const REASONS: readonly (readonly [RegExp, string, string?])[] = [
  [
    /^(ECONNREFUSED|ENOENT|EHOSTUNREACH|ENETUNREACH) /,
    'no server answers there',
    'start PostgreSQL, or name another database with --database',
  ],
  [/^(ENOTFOUND|EAI_AGAIN) /, 'its host is not known', 'check the host in --database'],
  [
    /^ETIMEDOUT |trying to connect|connection timeout/,
    'it does not answer in time',
    'check that the server is reached from here',
  ],
  [/^57014 |Query read timeout/, 'it takes too long to answer'],
  [/^55P03 /, 'another process keeps it locked'],
  [
    /^57P0[1-5] |^08|^(ECONNRESET|EPIPE) |onnection (ended|terminated)|not queryable|connection error/,
    'the connection was lost',
  ],
  [
    /^28/,
    'it refuses the user or the password',
    'check the user in --database; PGPASSWORD or ~/.pgpass may hold the password',
  ],
  [
    /no password|password must be a string/,
    'it asks for a password',
    'PGPASSWORD or ~/.pgpass may hold it',
  ],
  [/^3D000 /, 'there is no such database', 'create it, with createdb for instance'],
  [
    /^42501 /,
    'permission is denied',
    'let its user create tables: GRANT CREATE ON SCHEMA public TO …',
  ],
  [/^3F000 /, 'it has no schema to keep tables in', 'create the schema that its search_path names'],
  [/^25006 /, 'it is read-only', 'name the server that takes writes'],
  [/^53100 /, 'the disk is full', 'make room, then try again'],
  [/^53300 /, 'it has no connection left', 'raise max_connections, or stop other clients'],
  [/^(40001|40P01) /, 'too many requests change the same at once'],
  [
    /SSL|TLS|certificate|self.signed/i,
    'no trusted TLS connection can be made',
    'see sslmode and sslrootcert in the manual of PostgreSQL',
  ],
]

/** Puts a failure of PostgreSQL, or of the road to it, into words. */
export function explainPostgresError(act: string, name: string, error: unknown): PhylumError {
  if (error instanceof PhylumError) return error
  if (error instanceof Error && /Invalid URL|URI malformed/.test(error.message)) {
    // Without the cause, in which Deno repeats the URL, password and all.
    const message = `Cannot ${act} database "${name}": its URL is not valid`
    const hints = ['write it as postgres://user@host:5432/database']
    return new PhylumError('ERR_SERVER_DATABASE', message, { hints })
  }
  const text = `${systemCode(error) ?? ''} ${error instanceof Error ? error.message : ''}`
  const [, reason = 'PostgreSQL reports an error', hint] =
    REASONS.find(([pattern]) => pattern.test(text)) ?? []
  return new PhylumError('ERR_SERVER_DATABASE', `Cannot ${act} database "${name}": ${reason}`, {
    ...(hint === undefined ? {} : { hints: [hint] }),
    cause: error,
  })
}

/** Answers whether PostgreSQL asks to try the same again: others were in the way, and nothing was done. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof PhylumError ? error.cause : error
  return /^(40001|40P01)$/.test(systemCode(cause) ?? '')
}

/** Answers whether an error is of the statement alone, so that the connection can go on. */
export function isOfStatement(error: unknown): boolean {
  const code = systemCode(error) ?? ''
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P|EPIPE$)/.test(code)
}
