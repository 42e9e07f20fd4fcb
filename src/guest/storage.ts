/** A SQLite database, in the words that both engines have in common. */
export interface Database {
  exec(sql: string): unknown
  prepare(sql: string): {
    get(...values: (string | number)[]): unknown
    all(): unknown[]
    run(...values: string[]): unknown
  }
}

/** Most that a storage holds, in characters of keys and values. */
const QUOTA = 10 * 1024 * 1024

/**
 * Makes a `localStorage` as the HTML standard has it (section 12.2.1), kept in a database, so that runs at the same time share it.
 *
 * @param open opens the database; called once, at the first use
 */
export function createStorage(open: () => Database): Storage {
  let database: Database | undefined
  const prepare = (sql: string) => (database ??= prepareDatabase(open())).prepare(sql)
  const read = (sql: string, ...values: (string | number)[]) =>
    prepare(sql).get(...values) as Record<string, string | number> | null | undefined

  const storage: Storage = {
    get length() {
      return Number(read('SELECT count(*) AS n FROM item')?.n)
    },
    key(index) {
      const place = Number.isFinite(Number(index)) ? Math.trunc(Number(index)) : 0
      if (place < 0) return null
      const row = read('SELECT key FROM item ORDER BY rowid LIMIT 1 OFFSET ?', place)
      return row ? String(row.key) : null
    },
    getItem(key) {
      const row = read('SELECT value FROM item WHERE key = ?', String(key))
      return row ? String(row.value) : null
    },
    setItem(key, value) {
      const [name, text] = [String(key), String(value)]
      const others = read(
        'SELECT total(length(key) + length(value)) AS n FROM item WHERE key != ?',
        name,
      )
      if (Number(others?.n) + name.length + text.length > QUOTA) {
        throw new DOMException(
          `Cannot store "${name}": more than ${QUOTA} characters`,
          'QuotaExceededError',
        )
      }
      prepare(
        'INSERT INTO item VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      ).run(name, text)
    },
    removeItem(key) {
      prepare('DELETE FROM item WHERE key = ?').run(String(key))
    },
    clear() {
      prepare('DELETE FROM item').run()
    },
  }
  return withNames(storage, () => prepare('SELECT key FROM item ORDER BY rowid').all())
}

function prepareDatabase(database: Database): Database {
  database.exec(
    'PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
  )
  return database
}

/** Lets items be read and written like properties: `localStorage.name`. */
function withNames(storage: Storage, list: () => unknown[]): Storage {
  const isItem = (name: string | symbol): name is string =>
    typeof name === 'string' && !(name in storage)
  return new Proxy(storage, {
    get: (_, name) =>
      isItem(name) ? storage.getItem(name) ?? undefined : Reflect.get(storage, name),
    set(_, name, value) {
      if (isItem(name)) storage.setItem(name, value)
      return isItem(name)
    },
    deleteProperty(_, name) {
      if (isItem(name)) storage.removeItem(name)
      return true
    },
    has: (_, name) => isItem(name) ? storage.getItem(name) !== null : name in storage,
    ownKeys: () => list().map((row) => (row as { key: string }).key),
    getOwnPropertyDescriptor(_, name) {
      const value = isItem(name) ? storage.getItem(name) : null
      return value === null
        ? undefined
        : { value, writable: true, enumerable: true, configurable: true }
    },
    defineProperty(_, name, { value }) {
      if (isItem(name)) storage.setItem(name, value)
      return isItem(name)
    },
  })
}
