import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'
import { Profile } from './schemas.ts'

/**
 * Whose credential it is: at the address that the key service names, and at the one that OpenID Connect names. Both take
 * whatever the API takes, so that a program need not know which of the two its credential came from.
 */
export const profileRoutes: readonly Route[] = [
  describeProfile('/locksmith/v1/userinfo', 'readProfile'),
  describeProfile('/oidc/me', 'readUserinfo'),
]

function describeProfile(path: string, operation: string): Route {
  return defineRoute({
    method: 'GET',
    path,
    operation,
    summary: 'Tell whose credential it is',
    status: 200,
    reply: Profile,
    async answer({ store, caller }) {
      const user = await store.findUserById(caller.userId)
      // The account went between two statements, and its credentials with it.
      if (user === undefined) {
        throw new Refusal(401, 'Cannot authorize the request: no such account')
      }
      return { sub: user.id, email: user.email, name: user.name }
    },
  })
}
