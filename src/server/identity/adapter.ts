import { InvalidGrant, SessionNotFound } from 'oidc-provider/lib/helpers/errors.js'
import type { Adapter } from 'oidc-provider/lib/provider.js'
import type { Model, Records } from './records.ts'

/** The models that are used here. A feature that needs another one does not start by accident. */
const MODELS: readonly string[] = [
  'AccessToken',
  'AuthorizationCode',
  'DeviceCode',
  'Grant',
  'Interaction',
  'RefreshToken',
] satisfies Model[]

/** Makes what the provider keeps one of its models with. */
export function createAdapter(name: string, records: Records): Adapter {
  if (name === 'Session' || name === 'Client') return NOTHING
  if (!MODELS.includes(name)) throw new Error(`The OpenID provider keeps no ${name}`)
  const model = name as Model
  return {
    upsert: (id, payload) => records.keep(model, id, payload),
    find: (id) => records.find(model, id),
    async consume(id) {
      // RFC 9700, section 4.14.2: what is shown twice is in two hands, and neither of them keeps it.
      if (!await records.consume(model, id)) throw new InvalidGrant(`${name} already used`)
    },
    async destroy(id) {
      if (model === 'Grant') return await records.revokeGrant(id)
      const isRemoved = await records.remove(model, id)
      // An answer given twice at once would become two codes.
      if (!isRemoved && model === 'Interaction') {
        throw new SessionNotFound('interaction session not found')
      }
    },
    revokeByGrantId: (grantId) => records.removeOfGrant(model, grantId),
    findByUserCode: refuse,
    findByUid: refuse,
  }
}

/**
 * Of some models nothing is kept.
 *
 * The provider has no sessions of its own: who is signed in, and for how long, is known to the web pages alone, which
 * are asked each time. A second memory of it would outlive a sign-out. And no clients are kept: there are those that it
 * is configured with, and no others.
 */
const NOTHING: Adapter = {
  upsert: () => Promise.resolve(),
  find: () => Promise.resolve(undefined),
  findByUid: () => Promise.resolve(undefined),
  findByUserCode: refuse,
  consume: refuse,
  destroy: () => Promise.resolve(),
  revokeByGrantId: () => Promise.resolve(),
}

function refuse(): never {
  throw new Error('The OpenID provider asks for something that is not kept')
}
