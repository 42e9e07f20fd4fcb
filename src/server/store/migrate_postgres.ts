import type { ClientBase } from 'pg'
import { APPLICATION_ID, assertNotNewer, MIGRATIONS, refuseForeign, textOf } from './migrations.ts'
import type { Step } from './migrations.ts'

/** How long a migration of another server is waited for, and may take, in milliseconds. */
const PATIENCE = 600_000

/**
 * Brings a database to the newest schema, in one transaction. Of two servers that start at once the second waits for
 * the first and then finds nothing left to do.
 *
 * @throws ERR_SERVER_DATABASE when it is of another program or of a newer phylum
 */
export async function migratePostgres(
  client: ClientBase,
  name: string,
  migrations: readonly Step[] = MIGRATIONS,
): Promise<void> {
  // Most starts find everything done. They take no lock, so they wait for nobody.
  const found = await readVersion(client)
  if (found !== undefined) assertNotNewer(found, name, migrations)
  if (found === migrations.length) return
  await client.query('BEGIN')
  try {
    await client.query(
      `SET LOCAL statement_timeout = ${PATIENCE}; SET LOCAL lock_timeout = ${PATIENCE}`,
    )
    await client.query(`SELECT pg_advisory_xact_lock(${APPLICATION_ID})`)
    const version = await readVersion(client)
    if (version === undefined) {
      await assertEmpty(client, name)
      await client.query('CREATE TABLE phylum_schema (version BIGINT NOT NULL)')
      await client.query('INSERT INTO phylum_schema VALUES (0)')
    }
    assertNotNewer(version ?? 0, name, migrations)
    for (const step of migrations.slice(version ?? 0)) {
      await client.query(textOf(step, 'postgres'))
    }
    await client.query(`UPDATE phylum_schema SET version = ${migrations.length}`)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** Reads the version of the schema; `undefined` where phylum has kept nothing yet. */
async function readVersion(client: ClientBase): Promise<number | undefined> {
  // Asked of the catalogue itself: `to_regclass()` may answer out of a cache from before the lock was waited for.
  if (await countTables(client, `relname = 'phylum_schema'`) === 0) return undefined
  return (await client.query('SELECT version FROM phylum_schema')).rows[0]?.version ?? 0
}

/** Somebody else's database (a shop's, say) must not get our tables: some names are the same, and a mistake is likely. */
async function assertEmpty(client: ClientBase, name: string): Promise<void> {
  if (await countTables(client, `relkind IN ('r', 'p', 'v', 'm', 'f')`) > 0) {
    throw refuseForeign(name)
  }
}

/** Counts tables in the schema in which new ones are made. */
async function countTables(client: ClientBase, condition: string): Promise<number> {
  const { rows } = await client.query(
    `SELECT count(*) AS count FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND ${condition}`,
  )
  return Number(rows[0]?.count)
}
