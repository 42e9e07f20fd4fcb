/** What a member of a group may do: an admin manages it, a member sees it. */
export type Role = 'admin' | 'member'

/** Somebody with an account. */
export interface User {
  id: string
  email: string
  name: string
}

/** What is kept of an API key; times in milliseconds since the epoch. */
export interface ApiKey {
  id: string
  userId: string
  name: string
  createdAt: number
  usedAt: number | null
  expiresAt: number | null
  revokedAt: number | null
}

/** An API key to be kept. */
export interface NewApiKey {
  userId: string
  name: string
  /** SHA-256 of the key. */
  hash: Uint8Array
  expiresAt: number | null
}

/** A group as one of its members sees it; times in milliseconds since the epoch. */
export interface Group {
  id: string
  name: string
  createdAt: number
  modifiedAt: number
  /** Role of the member who looks. */
  role: Role
}

/** One member of a group. */
export interface Member {
  userId: string
  email: string
  name: string
  role: Role
}

/** What became of the wish to remove a member; a group never loses its last admin. */
export type Removal = 'removed' | 'absent' | 'last_admin'

/**
 * Keeps accounts, keys and groups. Each call is one transaction: what it answered for is on disk, whole.
 * Who may do what is decided before the call; what must always be true is held here.
 *
 * Every method throws ERR_SERVER_DATABASE when the database is locked, full, damaged or gone.
 */
export interface Store {
  /** Adds an account; answers `undefined` when the email has one. */
  createUser(user: { email: string; name: string }): Promise<User | undefined>
  findUser(email: string): Promise<User | undefined>

  /** Keeps a key; answers `undefined` when the user has an unrevoked key of this name. */
  createKey(key: NewApiKey): Promise<ApiKey | undefined>
  /** Finds a key by its hash, expired and revoked ones included. */
  findKey(hash: Uint8Array): Promise<ApiKey | undefined>
  /** Answers whether any key was ever made. */
  hasKeys(): Promise<boolean>
  /** Lists the unrevoked keys of a user, the oldest first. */
  listKeys(userId: string): Promise<ApiKey[]>
  recordKeyUse(keyId: string): Promise<void>
  /** Revokes a key by name; answers whether there was one to revoke. */
  revokeKey(userId: string, name: string): Promise<boolean>

  /** Makes a group with the user as its admin; answers `undefined` when the name is taken, by whomever. */
  createGroup(userId: string, name: string): Promise<Group | undefined>
  /** Finds a group by name among those that the user is a member of. */
  findGroup(userId: string, name: string): Promise<Group | undefined>
  listGroups(userId: string): Promise<Group[]>
  deleteGroup(groupId: string): Promise<void>

  listMembers(groupId: string): Promise<Member[]>
  /** Adds a member; answers false when the user is one already. */
  addMember(groupId: string, userId: string, role: Role): Promise<boolean>
  removeMember(groupId: string, userId: string): Promise<Removal>

  /** Flushes and closes; the store cannot be used afterwards. */
  close(): Promise<void>
}
