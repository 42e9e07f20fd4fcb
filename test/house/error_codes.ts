import { ROOMS } from './rooms.ts'
import { separate } from './separate.ts'
import type { Source } from './tree.ts'

/** The code of what nobody foresaw, and so of no room. */
const UNEXPECTED = 'ERR_UNEXPECTED'

/** Where codes are listed rather than used. */
const LISTS = new Set(['base/errors.ts', 'cli/exit.ts'])

/** Finds the codes that no file raises, catches or compares with. */
export function findUnusedCodes(codes: readonly string[], sources: readonly Source[]): string[] {
  const used = new Set(
    sources.filter(({ path }) => !LISTS.has(path))
      .flatMap(({ text }) => separate(text).literals.match(/\bERR_[A-Z_]+\b/g) ?? []),
  )
  return codes.filter((code) => !used.has(code))
}

/**
 * Finds the codes that do not say which room to open: ERR_<ROOM>_<WHAT>. What the API itself refused begins with ERR_API:
 * the place to look is the API, not a room.
 */
export function findHomelessCodes(codes: readonly string[]): string[] {
  const rooms = [...ROOMS, 'api'].map((room) => room.toUpperCase()).join('|')
  const form = new RegExp(`^ERR_(${rooms})_[A-Z]+(_[A-Z]+)*$`)
  return codes.filter((code) => code !== UNEXPECTED && !form.test(code))
}
