import { isPhylumError, Secret } from '#base'
import { generateKey, hashKey } from './key.ts'
import { parseEmail, parseGroupName, parseName } from './names.ts'
import { Refusal } from './refusal.ts'
import type { ApiKey, Group, Store, User } from './store.ts'

/** Most keys of an account that are not revoked. */
export const MAX_KEYS = 1000

/** A key at the only moment at which anybody sees it. */
export interface CreatedKey {
  key: ApiKey
  /** The key itself; the store keeps a hash, so nothing brings it back. */
  secret: Secret
}

/** An account together with a key for it. */
export interface Account extends CreatedKey {
  user: User
}

/**
 * Makes an account.
 *
 * @throws ERR_API_EXISTS when the email has one, ERR_SERVER_REQUEST when email or name is not acceptable
 */
export async function createAccount(
  store: Store,
  account: { email: string; name: string },
): Promise<User> {
  const email = parseEmail(account.email)
  const user = await store.createUser({ email, name: parseName(account.name, 'account') })
  if (user !== undefined) return user
  throw new Refusal(409, `Cannot create account "${email}": it exists already`)
}

/**
 * Makes an API key for a user.
 *
 * @param key.expiresAt end of its life in milliseconds since the epoch; without one it does not end
 * @throws ERR_API_EXISTS when the user has an unrevoked key of this name, ERR_API_FORBIDDEN when the user has too many,
 * ERR_SERVER_REQUEST for a bad name
 */
export async function createKey(
  store: Store,
  userId: string,
  key: { name: string; expiresAt?: number },
): Promise<CreatedKey> {
  const name = parseName(key.name, 'key')
  // Two at once may both find room for one: the limit is there so that no list grows without end, and not to the digit.
  if (await store.countKeys(userId) >= MAX_KEYS) {
    throw new Refusal(
      403,
      `Cannot create key "${name}": you have ${MAX_KEYS} keys, and there can be no more; revoke some`,
    )
  }
  const value = generateKey()
  const kept = await store.createKey({
    userId,
    name,
    hash: hashKey(value),
    expiresAt: key.expiresAt ?? null,
  })
  if (kept !== undefined) return { key: kept, secret: Secret.parse(value, 'the key generator') }
  throw new Refusal(409, `Cannot create key "${name}": it exists already`)
}

/**
 * Makes a group with the user as its admin.
 *
 * @throws ERR_API_EXISTS when the name is taken, ERR_SERVER_REQUEST for a bad name
 */
export async function createGroup(store: Store, userId: string, name: string): Promise<Group> {
  const parsed = parseGroupName(name)
  const group = await store.createGroup(userId, parsed)
  if (group !== undefined) return group
  throw new Refusal(409, `Cannot create group "${parsed}": it exists already`)
}

/** Finds who may become a member of a group: anybody with an account; in an organization, its members alone. */
export async function findCandidate(
  store: Store,
  { organizationId }: Group,
  email: string,
): Promise<User | undefined> {
  if (organizationId === null) return await store.findUser(email)
  const member = await store.findOrganizationMember(organizationId, email)
  return member && { id: member.userId, email: member.email, name: member.name }
}

/**
 * Makes an account with a key where no key was ever made; answers `undefined` otherwise. An account without a key, which
 * a start that was killed halfway leaves behind, gets its key.
 */
export async function ensureFirstAccount(
  store: Store,
  account: { email: string; name: string } = { email: 'admin@localhost', name: 'Admin' },
): Promise<Account | undefined> {
  if (await store.hasKeys()) return undefined
  const user = await store.createUser(account) ?? await store.findUser(account.email)
  if (user === undefined) return undefined
  try {
    return { user, ...await createKey(store, user.id, { name: 'first key' }) }
  } catch (error) {
    // Another server started at the same time and was first: its terminal shows the key.
    if (isPhylumError(error, 'ERR_API_EXISTS')) return undefined
    throw error
  }
}
