import type { Clock, Log } from '#base'
import type { Identity } from '../identity/identity.ts'
import type { PasswordHasher } from '../password.ts'
import type { Policy } from '../policy/policy.ts'
import type { Store } from '../store.ts'

/** What the pages are made with. */
export interface UiOptions {
  store: Store
  clock: Clock
  log: Log
  passwords: PasswordHasher
  /** Lets programs in that somebody allows to. */
  identity?: Identity
  /** What is refused of what is analyzed. */
  policy: Policy
  /** Tells where the server is reached from outside, if not where a request says. */
  origin?: () => URL
}
