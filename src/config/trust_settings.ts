import { display, PhylumError } from '#base'
import type { SettingsDocument, SettingsTree } from './settings_document.ts'
import { isLoopback } from './uri.ts'

/** A public key for signatures: Ed25519 as JWK (RFC 8037). */
export interface PublicKey {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  /** 32 bytes in base64url. */
  readonly x: string
}

/** Somebody whose signature counts: by a key, or by the keys that a URL answers with. */
export type Publisher =
  & { readonly name: string }
  & ({ readonly key: PublicKey; readonly jwks?: never } | {
    readonly jwks: string
    readonly key?: never
  })

/** What is decided about an extension before anybody is asked. */
export type TrustDecision = (typeof TRUST_DECISIONS)[number]

const TRUST_DECISIONS = ['accept', 'ask', 'refuse'] as const

/** Kinds of permissions, by the names that they have in a manifest. */
export const TRUST_KINDS = [
  'read',
  'write',
  'env',
  'run',
  'unsandboxed_run',
  'net',
  'api',
] as const

export type TrustKind = (typeof TRUST_KINDS)[number]

/** How much of a kind a rule permits; "read" is for the API alone. */
export type PermittedValue = 'none' | 'any' | 'read' | readonly string[]

/** One rule, as it stands in the settings; its values are yet to be read. */
export interface TrustRule {
  /** "file:line:column" in double quotes, for messages. */
  readonly where: string
  readonly source: string | null
  readonly publisher: string | null
  /** What an extension may ask for at most; a kind that is absent may not be asked for. Of `accept` alone. */
  readonly permits: Readonly<Partial<Record<TrustKind, PermittedValue>>> | null
  /** Kinds of which an extension must ask for at least one. Of `ask` and `refuse` alone. */
  readonly asks: readonly TrustKind[] | null
  readonly decision: TrustDecision
}

/** `trust` in the settings: whose signatures count, and what is decided without a question. */
export interface TrustSettings {
  readonly publishers: readonly Publisher[]
  /** In their order; the first that matches decides. */
  readonly rules: readonly TrustRule[]
}

/** What holds where the settings say nothing: everything is asked. */
export const NO_TRUST: TrustSettings = Object.freeze({ publishers: [], rules: [] })

/** Most publishers, and most rules. */
const MAX_ITEMS = 200

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Answers whether a text can be the name of a publisher. */
export function isPublisherName(text: string): boolean {
  return NAME.test(text)
}

/** Answers whether a value is a public key that signatures can be checked with. */
export function isPublicKey(value: unknown): value is PublicKey {
  if (!isTable(value)) return false
  const { kty, crv, x } = value
  return kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string' &&
    /^[A-Za-z0-9_-]{43}$/.test(x)
}

/** Says what keeps a text from being the URL of a set of keys. */
export function findJwksFault(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\/[\x21-\x7e]+$/.test(text)) return 'it is no URL'
  // Whoever is on the way could hand out a key of their own.
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'it is not "https:"'
  return url.username + url.password === '' ? undefined : 'it holds a user name or a password'
}

/**
 * Reads `trust`. A key that is not known is an error here: a condition with a typing error in its name would otherwise be none, and the
 * rule accept more than it says.
 *
 * @throws ERR_CONFIG_TYPE
 */
export function readTrust(document: SettingsDocument): TrustSettings {
  if (!document.has('trust')) return NO_TRUST
  const tree = document.tree('trust')
  if (tree === undefined || tree.value === null) return NO_TRUST
  const reader = new Reader(tree)
  const trust = reader.table([], ['publishers', 'policy'])
  const publishers = reader.list(['publishers'], trust['publishers'])
    .map((_, index) => readPublisher(reader, ['publishers', index]))
  for (const [index, { name }] of publishers.entries()) {
    if (publishers.findIndex((each) => each.name === name) !== index) {
      throw reader.refuse(['publishers', index, 'name'], `names "${name}" a second time`)
    }
  }
  const names = new Set(publishers.map(({ name }) => name))
  const rules = reader.list(['policy'], trust['policy'])
    .map((_, index) => readRule(reader, ['policy', index], names))
  return { publishers, rules }
}

type Path = readonly (string | number)[]

function readPublisher(reader: Reader, path: Path): Publisher {
  const { name, key, jwks } = reader.table(path, ['name', 'key', 'jwks'])
  if (typeof name !== 'string' || !isPublisherName(name)) {
    throw reader.refuse(
      [...path, 'name'],
      'must be a name of lowercase letters, digits, ".", "_" and "-"',
    )
  }
  if ((key === undefined) === (jwks === undefined)) {
    throw reader.refuse(path, 'must have either a "key" or a "jwks"')
  }
  if (jwks !== undefined) {
    const fault = typeof jwks === 'string' ? findJwksFault(jwks) : 'it is no text'
    if (fault !== undefined) {
      throw reader.refuse([...path, 'jwks'], `must be the URL of a JWK Set: ${fault}`)
    }
    return { name, jwks: jwks as string }
  }
  if (!isPublicKey(key)) {
    throw reader.refuse([...path, 'key'], 'must be {kty: OKP, crv: Ed25519, x: …}')
  }
  return { name, key: { kty: key.kty, crv: key.crv, x: key.x } }
}

function readRule(reader: Reader, path: Path, publishers: ReadonlySet<string>): TrustRule {
  const rule = reader.table(path, ['source', 'publisher', 'permits', 'asks', 'then'])
  const decision = TRUST_DECISIONS.find((each) => each === rule['then'])
  if (decision === undefined) {
    throw reader.refuse([...path, 'then'], 'must be accept, ask or refuse')
  }
  const { source = null, publisher = null } = rule
  if (source !== null && (typeof source !== 'string' || source === '')) {
    throw reader.refuse([...path, 'source'], 'must be text')
  }
  if (publisher !== null && (typeof publisher !== 'string' || !publishers.has(publisher))) {
    throw reader.refuse([...path, 'publisher'], 'must be the name of one of "trust.publishers"')
  }
  // Otherwise asking for more could make another rule match, and turn "ask" into "accept".
  if (rule['permits'] !== undefined && decision !== 'accept') {
    throw reader.refuse([...path, 'permits'], 'is for rules that accept; others have "asks"')
  }
  if (rule['asks'] !== undefined && decision === 'accept') {
    throw reader.refuse([...path, 'asks'], 'is for rules that ask or refuse; this has "permits"')
  }
  return {
    where: reader.where(path),
    source: source as string | null,
    publisher: publisher as string | null,
    permits: rule['permits'] === undefined ? null : readPermits(reader, [...path, 'permits']),
    asks: rule['asks'] === undefined ? null : readAsks(reader, [...path, 'asks'], rule['asks']),
    decision,
  }
}

function readPermits(reader: Reader, path: Path): NonNullable<TrustRule['permits']> {
  const table = reader.table(path, TRUST_KINDS)
  return Object.fromEntries(
    Object.entries(table).map(([kind, value]) => {
      const words = kind === 'api' ? ['none', 'any', 'read'] : ['none', 'any']
      const isList = Array.isArray(value) && value.every((each) => typeof each === 'string')
      if (!isList && !words.includes(value as string)) {
        throw reader.refuse([...path, kind], `must be ${words.join(', ')} or a list of texts`)
      }
      return [kind, value as PermittedValue]
    }),
  )
}

function readAsks(reader: Reader, path: Path, value: unknown): TrustKind[] {
  return reader.list(path, value).map((each, index) => {
    const kind = TRUST_KINDS.find((known) => known === each)
    if (kind !== undefined) return kind
    throw reader.refuse([...path, index], `must be one of ${TRUST_KINDS.join(', ')}`)
  })
}

/** Reads parts of `trust`, and says where a part stands that is wrong. */
class Reader {
  readonly #tree: SettingsTree

  constructor(tree: SettingsTree) {
    this.#tree = tree
  }

  where(path: Path): string {
    return this.#tree.where(path)
  }

  table(path: Path, keys: readonly string[]): Record<string, unknown> {
    const value = path.reduce<unknown>(
      (each, key) => (each as Record<string | number, unknown>)[key],
      this.#tree.value,
    )
    if (!isTable(value)) throw this.refuse(path, 'must be a map')
    const unknown = Object.keys(value).find((key) => !keys.includes(key))
    if (unknown !== undefined) {
      throw this.refuse([...path, unknown], `is not known here; there are ${keys.join(', ')}`)
    }
    return value
  }

  list(path: Path, value: unknown): readonly unknown[] {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) throw this.refuse(path, 'must be a list')
    if (value.length > MAX_ITEMS) {
      throw this.refuse(path, `must not have more than ${MAX_ITEMS} entries`)
    }
    return value
  }

  refuse(path: Path, state: string): PhylumError {
    const name = ['trust', ...path].reduce<string>(
      (text, key) =>
        typeof key === 'number' ? `${text}[${key}]` : `${text}${text && '.'}${display(key, 60)}`,
      '',
    )
    return new PhylumError(
      'ERR_CONFIG_TYPE',
      `Cannot read settings ${this.where(path)}: "${name}" ${state}`,
    )
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
