import { display } from '#base'
import { Refusal } from './refusal.ts'
import { defineRoute } from './route.ts'
import type { Route } from './route.ts'
import { ApiKeyList, KeyName, Nothing } from './schemas.ts'

/** The operations on the caller's own API keys. */
export const keyRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/locksmith/v1/tokens',
    operation: 'listKeys',
    summary: 'List the API keys of the caller that are not revoked',
    status: 200,
    reply: ApiKeyList,
    async answer({ store, caller }) {
      const keys = await store.listKeys(caller.userId)
      return keys.map((key) => ({
        name: key.name,
        creation_time: renderTime(key.createdAt),
        access_time: key.usedAt === null ? null : renderTime(key.usedAt),
        expiry: key.expiresAt === null ? null : renderTime(key.expiresAt),
      }))
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/locksmith/v1/revoke',
    operation: 'revokeKey',
    summary: 'Revoke an API key of the caller by its name',
    body: KeyName,
    status: 204,
    reply: Nothing,
    refusals: [404],
    async answer({ store, caller, body }) {
      if (await store.revokeKey(caller.userId, body.name.normalize('NFC'))) return null
      throw new Refusal(
        404,
        `Cannot revoke key "${display(body.name)}": you have no key of this name`,
      )
    },
  }),
]

function renderTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
