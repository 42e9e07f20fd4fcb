import { isNothing, widened } from '#permissions'
import type { GrantedPermissions } from '#permissions'

/**
 * What the user has agreed to since this phylum started, for an extension whose files change while somebody works on it. It covers
 * changed files, and nothing that is wider; nothing of it is recorded.
 */
export interface Session {
  /** Whether something was agreed to. */
  readonly hasBegun: boolean
  /** Answers whether nothing is asked for that was not agreed to. */
  covers(granted: GrantedPermissions): boolean
  agree(granted: GrantedPermissions): void
  /** Puts a question that is to be answered once. */
  once(ask: () => Promise<boolean>): () => Promise<boolean>
}

/** Makes a session in which nothing is agreed to yet. */
export function createSession(): Session {
  let agreed: GrantedPermissions | undefined
  let answer: boolean | undefined
  return {
    get hasBegun() {
      return agreed !== undefined
    },
    covers: (granted) => agreed !== undefined && isNothing(widened(agreed, granted)),
    agree(granted) {
      agreed = granted
    },
    once: (ask) => async () => answer ??= await ask(),
  }
}
