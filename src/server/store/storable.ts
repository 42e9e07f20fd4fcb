import { Refusal } from '../refusal.ts'
import type { Value } from './database.ts'

/** Answers whether a text can be kept; PostgreSQL has no U+0000, so for what holds one there is nothing to find. */
export function isStorable(text: string): boolean {
  return !text.includes('\0')
}

/**
 * Refuses text that PostgreSQL cannot keep, for SQLite, too, so that nothing depends on the dialect.
 *
 * @throws ERR_SERVER_REQUEST
 */
export function assertStorable(values: readonly Value[]): void {
  for (const value of values) {
    if (typeof value !== 'string' || isStorable(value)) continue
    throw new Refusal(400, 'Cannot take the text: it holds the character U+0000')
  }
}
