import type { Secret } from '#base'
import type { Access } from './access_request.ts'

/** Holds an API key, which is used as it is. */
export function holdKey(key: Secret): Access {
  return {
    credential: { bearer: key, secrets: [key] },
    isRenewable: false,
    staleAt: undefined,
    successor: undefined,
  }
}
