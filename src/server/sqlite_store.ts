// deno-lint-ignore-file require-await -- the store promises, because PostgreSQL will; SQLite answers at once
import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Clock } from '#base'
import { explainDatabaseError, openDatabase } from './sqlite_database.ts'
import type { ApiKey, Group, Member, NewApiKey, Removal, Role, Store, User } from './store.ts'

export interface SqliteOptions {
  clock: Clock
  /** How long to wait for another process that is writing, in milliseconds. */
  busyMilliseconds?: number
}

/**
 * Opens the store that keeps everything in one SQLite file, or in memory for the file name ":memory:".
 *
 * @throws ERR_SERVER_DATABASE when the file cannot be a database of this phylum, with the reason
 */
export async function openSqliteStore(file: string, options: SqliteOptions): Promise<Store> {
  return new SqliteStore(await openDatabase(file, options), file, options.clock)
}

const GROUP =
  `SELECT g.group_id AS id, g.name, g.created_at AS createdAt, g.modified_at AS modifiedAt, m.role
  FROM members m JOIN groups g USING (group_id)`

const KEY =
  `SELECT key_id AS id, user_id AS userId, name, created_at AS createdAt, used_at AS usedAt,
  expires_at AS expiresAt, revoked_at AS revokedAt FROM api_keys`

/** Every statement, by name. All values are bound, none is ever written into the text: that is what stops SQL in a name. */
export const STATEMENTS = {
  createUser:
    `INSERT INTO users (user_id, email, name, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  findUser: `SELECT user_id AS id, email, name FROM users WHERE email = ?`,

  createKey:
    `INSERT INTO api_keys (key_id, user_id, name, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (user_id, name) WHERE revoked_at IS NULL DO NOTHING`,
  findKey: `${KEY} WHERE hash = ?`,
  hasKeys: `SELECT 1 FROM api_keys LIMIT 1`,
  listKeys: `${KEY} WHERE user_id = ? AND revoked_at IS NULL ORDER BY created_at, name`,
  recordKeyUse: `UPDATE api_keys SET used_at = ? WHERE key_id = ?`,
  revokeKey:
    `UPDATE api_keys SET revoked_at = ? WHERE user_id = ? AND name = ? AND revoked_at IS NULL`,

  createGroup: `INSERT INTO groups (group_id, name, created_at, modified_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO NOTHING`,
  findGroup: `${GROUP} WHERE g.name = ? AND m.user_id = ?`,
  listGroups: `${GROUP} WHERE m.user_id = ? ORDER BY g.name`,
  touchGroup: `UPDATE groups SET modified_at = ? WHERE group_id = ?`,
  deleteGroup: `DELETE FROM groups WHERE group_id = ?`,

  listMembers:
    `SELECT m.user_id AS userId, u.email, u.name, m.role FROM members m JOIN users u USING (user_id)
    WHERE m.group_id = ? ORDER BY u.email`,
  findMember: `SELECT role FROM members WHERE group_id = ? AND user_id = ?`,
  addMember:
    `INSERT INTO members (group_id, user_id, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  // Asked and done in one statement: two admins who remove each other at once cannot both find that another one is left.
  removeMember:
    `DELETE FROM members AS m WHERE m.group_id = ? AND m.user_id = ? AND (m.role <> 'admin' OR EXISTS (
    SELECT 1 FROM members o WHERE o.group_id = m.group_id AND o.role = 'admin' AND o.user_id <> m.user_id))`,
} as const

type Name = keyof typeof STATEMENTS

class SqliteStore implements Store {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #clock: Clock
  // Prepared once: parsing the text anew would cost a request more than running it.
  readonly #statements: Readonly<Record<Name, StatementSync>>
  #open = true

  constructor(database: DatabaseSync, file: string, clock: Clock) {
    this.#database = database
    this.#file = file
    this.#clock = clock
    this.#statements = Object.fromEntries(
      Object.entries(STATEMENTS).map(([name, text]) => [name, database.prepare(text)]),
    ) as Record<Name, StatementSync>
  }

  async createUser({ email, name }: { email: string; name: string }): Promise<User | undefined> {
    const id = randomUUID()
    const made = this.#run('createUser', id, email, name, this.#clock.now())
    return made ? { id, email, name } : undefined
  }

  async findUser(email: string): Promise<User | undefined> {
    return this.#get<User>('findUser', email)
  }

  async createKey({ userId, name, hash, expiresAt }: NewApiKey): Promise<ApiKey | undefined> {
    const id = randomUUID()
    const createdAt = this.#clock.now()
    if (!this.#run('createKey', id, userId, name, hash, createdAt, expiresAt)) return undefined
    return { id, userId, name, createdAt, usedAt: null, expiresAt, revokedAt: null }
  }

  async findKey(hash: Uint8Array): Promise<ApiKey | undefined> {
    return this.#get<ApiKey>('findKey', hash)
  }

  async hasKeys(): Promise<boolean> {
    return this.#get('hasKeys') !== undefined
  }

  async listKeys(userId: string): Promise<ApiKey[]> {
    return this.#all<ApiKey>('listKeys', userId)
  }

  async recordKeyUse(keyId: string): Promise<void> {
    this.#run('recordKeyUse', this.#clock.now(), keyId)
  }

  async revokeKey(userId: string, name: string): Promise<boolean> {
    return this.#run('revokeKey', this.#clock.now(), userId, name)
  }

  async createGroup(userId: string, name: string): Promise<Group | undefined> {
    const id = randomUUID()
    const now = this.#clock.now()
    return this.#transaction(() => {
      if (!this.#run('createGroup', id, name, now, now)) return undefined
      this.#run('addMember', id, userId, 'admin')
      return { id, name, createdAt: now, modifiedAt: now, role: 'admin' }
    })
  }

  async findGroup(userId: string, name: string): Promise<Group | undefined> {
    return this.#get<Group>('findGroup', name, userId)
  }

  async listGroups(userId: string): Promise<Group[]> {
    return this.#all<Group>('listGroups', userId)
  }

  async deleteGroup(groupId: string): Promise<void> {
    this.#run('deleteGroup', groupId)
  }

  async listMembers(groupId: string): Promise<Member[]> {
    return this.#all<Member>('listMembers', groupId)
  }

  async addMember(groupId: string, userId: string, role: Role): Promise<boolean> {
    return this.#transaction(() => {
      const added = this.#run('addMember', groupId, userId, role)
      if (added) this.#run('touchGroup', this.#clock.now(), groupId)
      return added
    })
  }

  async removeMember(groupId: string, userId: string): Promise<Removal> {
    return this.#transaction(() => {
      if (this.#run('removeMember', groupId, userId)) {
        this.#run('touchGroup', this.#clock.now(), groupId)
        return 'removed'
      }
      return this.#get('findMember', groupId, userId) === undefined ? 'absent' : 'last_admin'
    })
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#database.close()
  }

  #get<Row>(name: Name, ...values: SQLInputValue[]): Row | undefined {
    return this.#explain('read', () => this.#statements[name].get(...values)) as Row | undefined
  }

  #all<Row>(name: Name, ...values: SQLInputValue[]): Row[] {
    return this.#explain('read', () => this.#statements[name].all(...values)) as Row[]
  }

  /** Runs a statement that writes; answers whether it changed anything. */
  #run(name: Name, ...values: SQLInputValue[]): boolean {
    return this.#explain('write', () => Number(this.#statements[name].run(...values).changes) > 0)
  }

  /** Runs several statements as one. They run without a pause, so no other call of this process comes in between. */
  #transaction<Result>(act: () => Result): Result {
    this.#explain('write', () => this.#database.exec('BEGIN IMMEDIATE'))
    try {
      const result = act()
      this.#explain('write', () => this.#database.exec('COMMIT'))
      return result
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them; then there is nothing left to undo.
      try {
        this.#database.exec('ROLLBACK')
      } catch {
        // The first error is the one to tell.
      }
      throw error
    }
  }

  #explain<Result>(act: string, call: () => Result): Result {
    try {
      return call()
    } catch (error) {
      throw explainDatabaseError(act, this.#file, error)
    }
  }
}
