import type { Clock, Log } from '#base'
import { Refusal } from '../refusal.ts'
import type { Database } from '../store/database.ts'
import { findAccessToken } from './access_token.ts'
import type { AccessToken } from './access_token.ts'
import { Devices } from './devices.ts'
import type { Endpoint } from './endpoint.ts'
import { createEndpoints } from './endpoints.ts'
import type { Identity } from './identity.ts'
import { finishInteraction, readInteraction, refuseInteraction } from './interactions.ts'
import { KeyIssuer } from './key_issuer.ts'
import type { OpenidProvider } from './openid_provider.ts'
import { createRateLimiter } from './rate_limiter.ts'
import { Records } from './records.ts'

/** How many codes of devices somebody may try, and in how long. */
const MAX_CODES = 20
const CODES_MILLISECONDS = 600_000

/** Everything that the server needs of the OpenID provider. */
export interface IdentityService extends Identity {
  /** What it serves by itself. */
  readonly endpoints: readonly Endpoint[]
  /** Finds an access token that the API takes, also one that has expired. */
  findAccessToken(token: string): Promise<AccessToken | undefined>
}

export interface IdentityOptions {
  database: Database
  clock: Clock
  log: Log
  /** Tells where the server is reached from outside; asked when a request comes, and not before. */
  origin(): URL
}

/** Makes the OpenID provider and the key service over a database. Nothing of it is loaded before it is asked for. */
export function createIdentity(options: IdentityOptions): IdentityService {
  const { database, clock } = options
  const records = new Records(database, clock)
  const devices = new Devices(database, clock)
  const limiter = createRateLimiter(database, clock)
  let loading: Promise<OpenidProvider> | undefined
  const openid = () => loading ??= load(options, records)

  /** Some 34 bits stand between a guess and somebody else's device: guesses are counted, right ones too. */
  async function countCode(userId: string): Promise<void> {
    const wait = await limiter.take(`user code ${userId}`, MAX_CODES, CODES_MILLISECONDS)
    if (wait === undefined) return
    throw new Refusal(429, 'Cannot look up the code: you have tried too many', {
      'retry-after': String(Math.ceil(wait / 1000)),
    })
  }

  return {
    endpoints: createEndpoints({
      openid,
      keys: new KeyIssuer(database, records, clock),
      limiter,
      clock,
      get origin() {
        return options.origin()
      },
    }),
    findAccessToken: (token) => findAccessToken(database, token),

    async readInteraction(request) {
      return await readInteraction(await openid(), request)
    },
    async finishInteraction(request, answer) {
      return await finishInteraction(await openid(), request, answer)
    },
    async refuseInteraction(request) {
      return await refuseInteraction(await openid(), request)
    },

    async readDevice(userCode, userId) {
      await countCode(userId)
      return await devices.read(userCode)
    },
    async approveDevice(userCode, answer) {
      await countCode(answer.userId)
      return await devices.approve(await openid(), userCode, answer)
    },
    async denyDevice(userCode, userId) {
      await countCode(userId)
      return await devices.deny(userCode)
    },
  }
}

/** Imports the provider: it costs more than the rest of the server, and most runs of the server never need it. */
async function load(options: IdentityOptions, records: Records): Promise<OpenidProvider> {
  const { OpenidProvider } = await import('./openid_provider.ts')
  return new OpenidProvider({ ...options, records, origin: options.origin() })
}
