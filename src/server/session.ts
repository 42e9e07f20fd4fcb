import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#base'
import type { Store } from './store.ts'
import type { Session } from './store/sessions.ts'

const DAY = 24 * 60 * 60 * 1000

/** How long somebody stays signed in who does not come back, and at most, in milliseconds. */
export const IDLE_LIFE = 7 * DAY
export const WHOLE_LIFE = 30 * DAY

/** How exact the last use of a session is, in milliseconds: a page that is only read is not to be a write each time. */
const USE_RESOLUTION = 5 * 60_000

const ID = /^[A-Za-z0-9_-]{43}$/

/** Makes the id of a visit or a session: 256 random bits. The database gets its hash alone. */
export function generateVisitId(): string {
  return randomBytes(32).toString('base64url')
}

/** Answers whether a text has the form of an id. */
export function isVisitId(text: string): boolean {
  return ID.test(text)
}

/** Gives what is kept of an id, and what it is looked up by; see `hashKey()` for why a fast hash does. */
export function hashVisitId(id: string): Uint8Array {
  return hash('sha256', id, 'buffer')
}

/**
 * Gives the proof that a form came from a page of this server: it follows from the id in the cookie, which no page of
 * another origin can read, and does not give the id away. Visitors who have not signed in have an id, too, so that nobody is
 * signed in by a form of somebody else's, either (login CSRF).
 */
export function proofOf(id: string): string {
  return createHmac('sha256', id).update('phylum: the form is ours').digest('base64url')
}

/** Compares a proof, in the same time however much of it is right. */
export function isProof(proof: string, id: string): boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer')
  return timingSafeEqual(digest(proof), digest(proofOf(id)))
}

/** Begins a session, under an id that nobody has seen before: one that was planted in the browser stays worthless. */
export async function beginSession(
  store: Store,
  clock: Clock,
  userId: string,
): Promise<string> {
  const id = generateVisitId()
  await store.createSession({
    hash: hashVisitId(id),
    userId,
    expiresAt: clock.now() + IDLE_LIFE,
  })
  return id
}

/** Finds the session of an id, and puts off its end. */
export async function resumeSession(
  store: Store,
  clock: Clock,
  id: string,
): Promise<Session | undefined> {
  const session = await store.findSession(hashVisitId(id))
  if (session === undefined) return undefined
  const now = clock.now()
  if (now - session.usedAt < USE_RESOLUTION) return session
  const expiresAt = Math.min(session.createdAt + WHOLE_LIFE, now + IDLE_LIFE)
  await store.prolongSession(session.hash, expiresAt)
  return { ...session, usedAt: now, expiresAt }
}
