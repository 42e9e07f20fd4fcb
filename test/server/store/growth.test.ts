import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { test } from 'node:test'
import { hashKey } from '../../../src/server/key.ts'
import type { Database, Value } from '../../../src/server/store/database.ts'
import { openDatabase } from '../../../src/server/store/open_database.ts'
import { createStore } from '../../../src/server/store.ts'
import type { Store } from '../../../src/server/store.ts'
import { onEachDatabase } from '../../harness/databases.ts'

/** Keys in the database; `npm run soak` asks for more. */
const KEYS = Number(process.env['PHYLUM_TEST_KEYS'] ?? 50_000)

const clock = { now: () => 1_000_000 }

/** Fills the tables with rows, made by the database itself. */
async function fill(database: Database, keys: number): Promise<void> {
  const numbers =
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${keys})`
  const bytes = database.dialect === 'sqlite' ? 'randomblob(32)' : `sha256(CAST(i AS TEXT)::bytea)`
  const text = (prefix: string, number = 'i') => `'${prefix}' || CAST(${number} AS TEXT)`
  const owner = text('user', 'i % 1000 + 1')
  const statements = [
    `INSERT INTO users (user_id, email, name, created_at) ${numbers}
    SELECT ${text('user')}, ${text('e')}, 'U', 0 FROM n WHERE i <= 1000`,
    `INSERT INTO api_keys (key_id, user_id, name, hash, created_at) ${numbers}
    SELECT ${text('key')}, ${owner}, ${text('k')}, ${bytes}, i FROM n`,
    `INSERT INTO groups (group_id, name, created_at, modified_at) ${numbers}
    SELECT ${text('group')}, ${text('g')}, 0, 0 FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO members (group_id, user_id, role) ${numbers}
    SELECT ${text('group')}, ${owner}, 'admin' FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO organizations (organization_id, name, created_at) ${numbers}
    SELECT ${text('org')}, ${text('o')}, 0 FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO organization_members (organization_id, user_id, role) ${numbers}
    SELECT ${text('org')}, ${owner}, 'admin' FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO groups (group_id, name, created_at, modified_at, organization_id) ${numbers}
    SELECT ${text('team')}, ${text('o/g')}, 0, 0, ${text('org')} FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO projects (project_id, user_id, name, created_at, modified_at) ${numbers}
    SELECT ${text('own')}, ${owner}, ${text('p')}, 0, 0 FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO projects (project_id, group_id, name, created_at, modified_at) ${numbers}
    SELECT ${text('project')}, ${text('team')}, 'p', 0, 0 FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO jobs (job_id, project_id, user_id, label, packages, ecosystems, created_at)
    ${numbers} SELECT ${text('job')}, ${text('project')}, ${owner}, '', '[]', '', i
    FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO sessions (session_hash, user_id, created_at, used_at, expires_at) ${numbers}
    SELECT ${bytes}, ${owner}, 0, 0, 1000000 + i FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO oidc_payloads (model, id_hash, payload, expires_at) ${numbers}
    SELECT 'Token', ${bytes}, '{}', 1000000 + i FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO rate_limits (bucket, window_start, count, expires_at) ${numbers}
    SELECT ${text('b')}, 0, 1, 1000000 + i FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO idempotency (user_id, key_hash, request_hash, status, body, created_at) ${numbers}
    SELECT ${owner}, ${bytes}, ${bytes}, 201, '', 1000000 + i FROM n WHERE i <= ${keys / 10}`,
    `INSERT INTO key_activity (activity_id, key_id, at, method, path, status) ${numbers}
    SELECT ${text('a')}, ${text('key')}, i, 'GET', '/', 200 FROM n WHERE i <= ${keys / 10}`,
  ]
  for (const statement of statements) await database.run(statement)
  await database.run(database.dialect === 'sqlite' ? 'ANALYZE' : 'VACUUM ANALYZE')
}

/** A statement, what it was first called with, and the method that sent it. */
interface Statement {
  sql: string
  values: readonly Value[]
  method: string
}

/** Uses every method of a store, and gives the statements that this took. */
async function listStatements(database: Database): Promise<Statement[]> {
  const statements = new Map<string, Statement>()
  let method = ''
  const note = (sql: string, values: readonly Value[]) => {
    if (!statements.has(sql)) statements.set(sql, { sql, values, method })
  }
  const watch = (inner: Database): Database => ({
    dialect: inner.dialect,
    all: (sql, ...values) => (note(sql, values), inner.all(sql, ...values)),
    get: (sql, ...values) => (note(sql, values), inner.get(sql, ...values)),
    run: (sql, ...values) => (note(sql, values), inner.run(sql, ...values)),
    transaction: (work) => inner.transaction((deeper) => work(watch(deeper))),
    snapshot: (work) => inner.snapshot((deeper) => work(watch(deeper))),
    close: () => inner.close(),
  })
  const store = createStore(watch(database), { clock })
  const details = { name: 'new', repositoryUrl: null, defaultLabel: null }
  const request = { userId: 'user1', key: 'a', requestHash: hashKey('a') }
  const calls: Partial<Record<keyof Store, () => Promise<unknown>>> = {
    createUser: () => store.createUser({ email: 'ann@example.org', name: 'Ann' }),
    findUser: () => store.findUser('e1'),
    findUserById: () => store.findUserById('user1'),
    findPassword: () => store.findPassword('e1'),
    createSession: () =>
      store.createSession({ hash: hashKey('a'), userId: 'user1', expiresAt: 2000000 }),
    findSession: () => store.findSession(hashKey('a')),
    listSessions: () => store.listSessions('user1'),
    prolongSession: () => store.prolongSession(hashKey('a'), 3000000),
    endSession: () => store.endSession(hashKey('a')),
    endSessions: () => store.endSessions('user2'),
    countAttempt: () => store.countAttempt('a', 1000),
    forgetAttempts: () => store.forgetAttempts('a'),
    createKey: () =>
      store.createKey({ userId: 'user1', name: 'a', hash: hashKey('a'), expiresAt: null }),
    findKey: () => store.findKey(hashKey('a')),
    hasKeys: () => store.hasKeys(),
    listKeys: () => store.listKeys('user1'),
    recordKeyUse: () => store.recordKeyUse('key1'),
    revokeKey: () => store.revokeKey('user1', 'a'),
    createGroup: () => store.createGroup('user1', 'a'),
    findGroup: () => store.findGroup('user1', 'a'),
    listGroups: () => store.listGroups('user1'),
    countKeys: () => store.countKeys('user1'),
    findMember: () => store.findMember('group1', 'e2'),
    listMembers: () => store.listMembers('group1'),
    addMember: () => store.addMember('group1', 'user1', 'member'),
    removeMember: () => store.removeMember('group1', 'user3'),
    deleteGroup: () => store.deleteGroup('group1'),
    createOrganization: () => store.createOrganization('user1', 'a'),
    findOrganization: () => store.findOrganization('user1', 'a'),
    listOrganizations: () => store.listOrganizations('user1'),
    listOrganizationGroups: () => store.listOrganizationGroups('user1', 'org1'),
    listOrganizationMembers: () => store.listOrganizationMembers('org1'),
    findOrganizationMember: () => store.findOrganizationMember('org1', 'e2'),
    addOrganizationMember: () => store.addOrganizationMember('org1', 'user5', 'member'),
    removeOrganizationMember: () => store.removeOrganizationMember('org1', 'user5'),
    deleteOrganization: () => store.deleteOrganization('org7'),
    createProject: () => store.createProject({ userId: 'user1' }, details),
    findProject: () => store.findProject('user1', 'own1'),
    listProjects: () => store.listProjects('user1', { group: 'g1', organization: 'o1', name: 'p' }),
    updateProject: () => store.updateProject('own1', details),
    deleteProject: () => store.deleteProject('own3'),
    createJob: () =>
      store.createJob({
        projectId: 'project1',
        userId: 'user1',
        label: 'a',
        packages: '[]',
        ecosystems: '',
      }),
    findJob: () => store.findJob('job1'),
    listJobs: () => store.listJobs('project1'),
    findAnswer: () => store.findAnswer(request),
    keepAnswer: () => store.keepAnswer(request, { status: 201, body: '' }),
    recordActivity: () =>
      store.recordActivity([{ keyId: 'key1', at: 0, method: 'GET', path: '/', status: 200 }]),
    listActivity: () => store.listActivity('key1'),
    ping: () => store.ping(),
    sweep: () => store.sweep(),
  }
  const left = Object.keys(store).filter((name) => !(name in calls))
  assert.deepEqual(left, ['transaction', 'close'], 'each method is used here')
  for (const [name, call] of Object.entries(calls)) {
    method = name
    await call()
  }
  return [...statements.values()]
}

/** Asks the database how it finds what a statement names. */
async function explain(database: Database, { sql, values, method }: Statement): Promise<string> {
  if (database.dialect === 'sqlite') {
    const steps = await database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values)
    return steps.map(({ detail }) => detail).join('\n')
  }
  let index = 0
  const numbered = sql.replaceAll('?', () => `$${++index}`)
  // One plan for all values, as PostgreSQL makes it for statements that are used often; but it looks at the values of
  // "everything before now", where few rows are meant or all.
  const mode = method === 'sweep' ? 'custom' : 'generic'
  return await database.transaction(async (inside) => {
    await inside.run(`SET LOCAL plan_cache_mode = force_${mode}_plan`)
    await inside.run(`PREPARE asked AS ${numbered}`)
    const plan = await inside.all<{ 'QUERY PLAN': string }>(
      `EXPLAIN EXECUTE asked${values.length > 0 ? `(${values.map(writeValue).join()})` : ''}`,
    )
    await inside.run('DEALLOCATE asked')
    return plan.map((row) => row['QUERY PLAN']).join('\n')
  })
}

function writeValue(value: Value): string {
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'`
  return value === null ? 'NULL' : `'${value}'`
}

/** Finds the steps that look at a whole table. */
function findScans(plan: string): string[] {
  return plan.split('\n').filter((step) => /\bSCAN\b(?! CONSTANT)|Seq Scan/.test(step))
}

test(
  `O208 Store finds everything by an index among ${KEYS} keys: the time does not grow with the tables`,
  { timeout: 60_000 + KEYS },
  onEachDatabase(async (where) => {
    // To fill the tables may take as long as it takes.
    const database = await openDatabase(where, { statementMilliseconds: 3_600_000 })
    await fill(database, KEYS)
    const statements = await listStatements(database)
    const scans = []
    for (const statement of statements) {
      if (statement.method === 'hasKeys') continue
      const found = findScans(await explain(database, statement))
      if (found.length > 0) scans.push({ ...statement, found })
    }
    assert.deepEqual(scans, [])
    assert.ok(statements.length > 25)
    const sql = 'SELECT * FROM api_keys WHERE used_at = ?'
    const twin = await explain(database, { sql, values: [1], method: 'twin' })
    assert.equal(findScans(twin).length, 1, twin)
    await database.close()
  }),
)
