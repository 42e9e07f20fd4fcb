import { randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from '../store/database.ts'
import { ID_TOKEN_SECONDS, INTERACTION_SECONDS } from './lifetimes.ts'

/** How far apart the clocks of clients and servers may be, in seconds. */
const SKEW_SECONDS = 300

/** What the servers on one database sign with. The newest of a kind signs, older ones are there to verify. */
export interface ServerKeys {
  /** Private keys as JWKs, the newest first. */
  signing: readonly Record<string, unknown>[]
  /** Keys of the cookies' signatures, the newest first. */
  cookies: readonly string[]
  /** Differs whenever the keys do. */
  version: string
}

interface Row {
  name: string
  value: string
  createdAt: number
}

const KINDS = ['signing_key RS256', 'signing_key ES256', 'cookie_key'] as const

type Kind = typeof KINDS[number]

const ROWS = `SELECT name, value, created_at AS "createdAt" FROM server_secrets
  WHERE name LIKE 'signing_key %' OR name LIKE 'cookie_key %' ORDER BY created_at DESC, name`

/**
 * Reads the keys, and makes those that are missing. They are read anew for each use: a server learns at once what
 * another one on the same database has made.
 */
export async function readServerKeys(database: Database, clock: Clock): Promise<ServerKeys> {
  let rows = await database.all<Row>(ROWS)
  const missing = KINDS.filter((kind) => !rows.some(({ name }) => isOf(kind, name)))
  if (missing.length > 0) {
    // Of two servers that start at once, each may make some: that is as good, all are read and all are published.
    await addKeys(database, missing, clock.now())
    rows = await database.all<Row>(ROWS)
  }
  const current = KINDS.flatMap((kind) => listCurrent(rows, kind, clock.now()))
  return {
    signing: current
      .filter(({ name }) => name.startsWith('signing_key '))
      .map(({ value }) => JSON.parse(value) as Record<string, unknown>),
    cookies: current.filter(({ name }) => isOf('cookie_key', name)).map(({ value }) => value),
    version: current.map(({ name }) => name).join(),
  }
}

/**
 * Makes new keys, with which all servers on the database sign from now on. The old ones stay published until
 * everything that they signed has expired, and go at the next rotation after that.
 */
export async function rotateServerKeys(database: Database, clock: Clock): Promise<void> {
  const [newest] = await database.all<Row>(ROWS)
  // Made by a server whose clock is ahead, the last key must not stay the newest.
  const now = Math.max(clock.now(), (newest?.createdAt ?? 0) + 1)
  await addKeys(database, KINDS, now)
  const rows = await database.all<Row>(ROWS)
  const current = new Set(KINDS.flatMap((kind) => listCurrent(rows, kind, now)))
  for (const { name } of rows.filter((row) => !current.has(row))) {
    await database.run(`DELETE FROM server_secrets WHERE name = ?`, name)
  }
}

async function addKeys(database: Database, kinds: readonly Kind[], now: number): Promise<void> {
  for (const kind of kinds) {
    const id = randomUUID()
    await database.run(
      `INSERT INTO server_secrets (name, value, created_at) VALUES (?, ?, ?)`,
      ...[`${kind} ${id}`, await generate(kind, id), now],
    )
  }
}

async function generate(kind: Kind, id: string): Promise<string> {
  if (kind === 'cookie_key') return randomBytes(32).toString('base64url')
  const alg = kind === 'signing_key RS256' ? 'RS256' : 'ES256'
  const pair = await crypto.subtle.generateKey(
    alg === 'ES256'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: F4, hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  ) as CryptoKeyPair
  const { key_ops: _, ext: __, ...jwk } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return JSON.stringify({ ...jwk, alg, use: 'sig', kid: id })
}

/** The public exponent of RSA keys, 65537, the fourth Fermat number. */
const F4 = new Uint8Array([1, 0, 1])

/** Lists the keys of a kind that sign, or have signed what may still be good, the newest first. */
function listCurrent(rows: readonly Row[], kind: Kind, now: number): Row[] {
  const own = rows.filter(({ name }) => isOf(kind, name))
  const seconds = kind === 'cookie_key' ? INTERACTION_SECONDS : ID_TOKEN_SECONDS + SKEW_SECONDS
  return own.filter((_, index) => {
    // A key retires when the next newer one is made.
    const retiredAt = own[index - 1]?.createdAt
    return retiredAt === undefined || now < retiredAt + seconds * 1000
  })
}

function isOf(kind: Kind, name: string): boolean {
  return name.startsWith(`${kind} `)
}
