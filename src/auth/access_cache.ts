import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { type Clock, createSha256, Secret } from '#base'
import { type ApiUri, sweepTemporaryFiles, writeFileAtomic } from '#config'

/** Most bytes of a file; two tokens of the longest kind fit. */
const MAX_BYTES = 32 * 1024

/** How far the clock may have been set back since a token was cached, in milliseconds, before it is no longer believed. */
const CLOCK_LEEWAY = 5 * 60 * 1000

/** A file that nobody has written for so long, in milliseconds, belongs to a login that has ended. */
const KEPT = 180 * 24 * 60 * 60 * 1000

/** What a refresh token was exchanged for. */
export interface CachedAccess {
  readonly accessToken: Secret
  /** When it is to be replaced, in milliseconds since the epoch. */
  readonly staleAt: number
  /** The refresh token to exchange next, where the one that the user gave is spent and stays where it is. */
  readonly successor: Secret | undefined
}

/** Names a refresh token for one API, and tells nothing about it: a hash, as 256 random bits cannot be guessed. */
export function bindingOf(token: Secret, apiUri: ApiUri): string {
  return createSha256().update(`phylum\0${apiUri}\0${token.reveal()}`).digest('hex')
}

/**
 * Reads what a refresh token was exchanged for by an earlier run. Whatever is odd about the file or its directory (another owner, open to
 * others, a link, another form, another token's) makes it no cache, and no error: it can be made again.
 */
export async function readCache(
  directory: string,
  binding: string,
  clock: Clock,
): Promise<CachedAccess | undefined> {
  try {
    if (!await isPrivate(directory)) return undefined
    const text = await readPrivate(fileOf(directory, binding))
    return text === undefined ? undefined : parse(JSON.parse(text), binding, clock.now())
  } catch {
    return undefined
  }
}

/**
 * Keeps what a refresh token was exchanged for, for later runs. To be called under the lock of the exchange.
 *
 * @returns whether it is kept; where nothing can be written, later runs exchange for themselves
 */
export async function writeCache(
  directory: string,
  binding: string,
  access: CachedAccess,
  clock: Clock,
): Promise<boolean> {
  try {
    if (!await prepareCache(directory)) return false
    const file = fileOf(directory, binding)
    await sweepTemporaryFiles(file)
    await sweepOld(directory, clock.now())
    const content = {
      version: 1,
      binding,
      access_token: access.accessToken.reveal(),
      made_at: clock.now(),
      stale_at: access.staleAt,
      refresh_token: access.successor?.reveal() ?? null,
    }
    await writeFileAtomic(file, `${JSON.stringify(content)}\n`)
    return true
  } catch {
    return false
  }
}

/** Makes the directory. @returns whether it is private to this user */
export async function prepareCache(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return await isPrivate(directory)
  } catch {
    return false
  }
}

/** Removes what one refresh token was exchanged for. */
export async function removeCache(directory: string, binding: string): Promise<void> {
  await unlink(fileOf(directory, binding)).catch(() => {})
}

/**
 * Removes what refresh tokens were exchanged for; but, if told so, not what took the place of a token in the environment: that is another
 * login than the one that ends.
 */
export async function clearCache(
  directory: string,
  options: { isKeepingSuccessors?: boolean } = {},
): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!/^\.?access-.*\.(json|tmp)$/.test(name)) continue
    const file = join(directory, name)
    if (options.isKeepingSuccessors === true && await hasSuccessor(file)) continue
    await unlink(file).catch(() => {})
  }
}

async function hasSuccessor(file: string): Promise<boolean> {
  try {
    return JSON.parse(await readPrivate(file) ?? '')?.refresh_token !== null
  } catch {
    return false
  }
}

function fileOf(directory: string, binding: string): string {
  return join(directory, `access-${binding.slice(0, 32)}.json`)
}

// Somebody else's directory would let them put a token of theirs in it, or wait for ours.
async function isPrivate(directory: string): Promise<boolean> {
  const status = await lstat(directory)
  return status.isDirectory() && isOwn(status) && (status.mode & 0o077) === 0
}

async function readPrivate(file: string): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const status = await handle.stat()
    const isPrivateFile = status.isFile() && isOwn(status) && (status.mode & 0o077) === 0
    return isPrivateFile && status.size <= MAX_BYTES ? await handle.readFile('utf8') : undefined
  } finally {
    await handle.close()
  }
}

function isOwn({ uid }: { uid: number }): boolean {
  return uid === (process.geteuid?.() ?? uid)
}

function parse(content: unknown, binding: string, now: number): CachedAccess | undefined {
  const { version, binding: bound, access_token, made_at, stale_at, refresh_token } =
    (content ?? {}) as Record<string, unknown>
  if (version !== 1 || bound !== binding || typeof access_token !== 'string') return undefined
  // A clock that was set back would make an old token look fresh for as long.
  const isBelieved = typeof made_at === 'number' && made_at <= now + CLOCK_LEEWAY &&
    typeof stale_at === 'number'
  return {
    accessToken: Secret.parse(access_token, 'the cache'),
    staleAt: isBelieved ? stale_at : -Infinity,
    successor: typeof refresh_token === 'string'
      ? Secret.parse(refresh_token, 'the cache')
      : undefined,
  }
}

async function sweepOld(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name)
    if (!/^access-.*\.json$/.test(name)) continue
    if (now - (await lstat(file)).mtimeMs > KEPT) await unlink(file)
  }
}
