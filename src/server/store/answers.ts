import { hash } from 'node:crypto'
import type { Clock } from '#base'
import type { Database } from './database.ts'

/** How long an answer is kept for a repetition of its request, in milliseconds. */
export const ANSWER_MILLISECONDS = 24 * 3_600_000

/** A request that its sender may repeat, after a lost connection for instance, without having it done twice. */
export interface RepeatableRequest {
  userId: string
  /** What the sender chose to know the request by (`Idempotency-Key`). */
  key: string
  /** SHA-256 of everything that makes the request what it is. */
  requestHash: Uint8Array
}

/** What was answered to a request. */
export interface Answer {
  status: number
  /** Without secrets, unless sealed with what the database does not hold: it is kept as it is. */
  body: string
}

/** Keeps answers for repetitions of their requests. */
export interface AnswerStore {
  /**
   * Finds what was answered to a request; "other" when the key belongs to another request of the user.
   *
   * It is asked in the transaction that also acts and keeps the answer. So an act and its answer are there together or
   * not at all, wherever a server is killed, and of two equal requests at once the second finds the answer of the first.
   */
  findAnswer(request: RepeatableRequest): Promise<Answer | 'other' | undefined>
  keepAnswer(request: RepeatableRequest, answer: Answer): Promise<void>
}

export function createAnswerStore(database: Database, clock: Clock): AnswerStore {
  return {
    async findAnswer({ userId, key, requestHash }) {
      const row = await database.get<Answer & { isSame: number }>(
        `SELECT status, body, request_hash = ? AS "isSame" FROM idempotency
        WHERE user_id = ? AND key_hash = ? AND created_at > ?`,
        ...[requestHash, userId, hashOf(key), clock.now() - ANSWER_MILLISECONDS],
      )
      if (row === undefined) return undefined
      return row.isSame === 1 ? { status: row.status, body: row.body } : 'other'
    },

    async keepAnswer({ userId, key, requestHash }, { status, body }) {
      // In place of one that is too old to be found, and not swept away yet.
      await database.run(
        `INSERT INTO idempotency (user_id, key_hash, request_hash, status, body, created_at)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, key_hash) DO UPDATE SET
        request_hash = excluded.request_hash, status = excluded.status, body = excluded.body,
        created_at = excluded.created_at`,
        ...[userId, hashOf(key), requestHash, status, body, clock.now()],
      )
    },
  }
}

/** Senders may take what they like for a key, a secret, too. */
function hashOf(key: string): Uint8Array {
  return new Uint8Array(hash('sha256', key, 'buffer'))
}
