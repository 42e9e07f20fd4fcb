import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PhylumError } from '#base'
import { createApp } from '../../../src/server/app.ts'
import { createIdentity } from '../../../src/server/identity/create_identity.ts'
import type { Database } from '../../../src/server/store/database.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { createStore } from '../../../src/server/store.ts'
import { createRecordingLog } from '../../harness/recording_log.ts'

const ORIGIN = 'http://127.0.0.1:4000'

const AUTHORIZE = `${ORIGIN}/oidc/auth?` + new URLSearchParams({
  client_id: 'phylum_cli',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: 'http://127.0.0.1:51234/',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
})

/** A database that goes away in the middle of things. */
function breakAt(database: Database, isBroken: (sql: string) => boolean): Database {
  const guard = (sql: string) => {
    if (!isBroken(sql)) return
    throw new PhylumError('ERR_SERVER_DATABASE', 'Cannot write database "x": it is gone')
  }
  return {
    ...database,
    dialect: database.dialect,
    async all(sql, ...values) {
      guard(sql)
      return await database.all(sql, ...values)
    },
    async get(sql, ...values) {
      guard(sql)
      return await database.get(sql, ...values)
    },
    async run(sql, ...values) {
      guard(sql)
      return await database.run(sql, ...values)
    },
    transaction: (work) => database.transaction((inside) => work(breakAt(inside, isBroken))),
    close: () => database.close(),
  }
}

test('a database that goes away in the middle of a login is a 503, and the log says why', async () => {
  const clock = { now: () => Date.now() }
  const log = createRecordingLog()
  const real = await openDatabase(':memory:')
  let broken = ''
  const database = breakAt(real, (sql) => broken !== '' && sql.includes(broken))
  const identity = createIdentity({ database, clock, log, origin: () => new URL(ORIGIN) })
  const app = createApp({ store: createStore(database, { clock }), clock, log, identity })
  try {
    assert.equal((await app(new Request(AUTHORIZE))).status, 303)
    for (const part of ['INSERT INTO oidc_payloads', 'server_secrets', 'rate_limits']) {
      broken = part
      log.warnings.length = 0
      const answer = await app(new Request(AUTHORIZE))
      assert.equal(answer.status, 503, part)
      assert.match(await answer.text(), /Cannot reach the database: try again in a moment/)
      assert.deepEqual(log.warnings, ['Cannot write database "x": it is gone'], part)
    }
    broken = ''
    assert.equal((await app(new Request(AUTHORIZE))).status, 303)
  } finally {
    await real.close()
  }
})
