import { randomUUID } from 'node:crypto'
import { display } from '#base'
import type { Clock } from '#base'
import { createKey } from '../account.ts'
import { createKeyOnce, refuseRepetition } from '../create_key_once.ts'
import { parseName } from '../names.ts'
import { Refusal } from '../refusal.ts'
import type { Database } from '../store/database.ts'
import { createStore } from '../store.ts'
import type { RepeatableRequest } from '../store.ts'
import { KEY_CLIENT_ID } from './clients.ts'
import { KEY_GRANT_SECONDS } from './lifetimes.ts'
import { answerJson, OAuthError } from './oauth_error.ts'
import { hashId } from './payload.ts'
import { Records } from './records.ts'

/** What a program says about the key that it wants. */
export interface WantedKey {
  name: string
  expiresAt?: number
}

/**
 * Reads what key is wanted, before the code is looked at: a mistake here costs nobody a second login.
 *
 * @throws OAuthError when the name is none, or the expiry is past or no timestamp
 */
export function parseWantedKey(fields: URLSearchParams, clock: Clock): WantedKey {
  const name = parseKeyName(fields.get('name') ?? `phylum-cli-${randomUUID()}`)
  const expiry = fields.get('expiry')
  return expiry === null ? { name } : { name, expiresAt: parseExpiry(expiry, clock.now()) }
}

function parseKeyName(text: string): string {
  try {
    return parseName(text, 'key')
  } catch (error) {
    return refuseAsOAuth(error)
  }
}

/** A timestamp with its zone (RFC 3339), which means one moment to every reader. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i

function parseExpiry(text: string, now: number): number {
  const time = TIMESTAMP.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(time)) {
    throw new OAuthError(
      'invalid_request',
      `expiry "${display(text, 64)}" is no timestamp like ${new Date(now).toISOString()}`,
    )
  }
  if (time <= now) {
    throw new OAuthError('invalid_request', `expiry ${new Date(time).toISOString()} is past`)
  }
  return time
}

/** Makes API keys of what the provider grants to the key service's client. */
export class KeyIssuer {
  readonly #database: Database
  readonly #records: Records
  readonly #clock: Clock

  constructor(database: Database, records: Records, clock: Clock) {
    this.#database = database
    this.#records = records
    this.#clock = clock
  }

  /** Tells for whom a code or a device code would bring a key, used ones included; undefined when it would for nobody. */
  async findUser(fields: URLSearchParams): Promise<string | undefined> {
    const code = fields.get('code')
    const deviceCode = fields.get('device_code')
    const payload = code !== null
      ? await this.#records.find('AuthorizationCode', code)
      : deviceCode === null
      ? undefined
      : await this.#records.find('DeviceCode', deviceCode)
    const userId = payload?.['accountId']
    return typeof userId === 'string' && payload?.['clientId'] === KEY_CLIENT_ID
      ? userId
      : undefined
  }

  /**
   * Refuses a request that has been done before, before its code is shown again: a code that is shown twice ends what was made
   * of it, and the key of a sender that only lost the answer would go with it.
   *
   * @throws OAuthError with status 409, or 422 when the Idempotency-Key belongs to another request
   */
  async assertFirst(request: RepeatableRequest): Promise<void> {
    const found = await createStore(this.#database, { clock: this.#clock }).findAnswer(request)
    if (found !== undefined) refuseAsOAuth(refuseRepetition(found))
  }

  /**
   * Refuses a name that is taken while the code is still good, so that the program may come back with another one.
   *
   * @throws OAuthError with status 409
   */
  async assertNameIsFree(userId: string, name: string): Promise<void> {
    const keys = await createStore(this.#database, { clock: this.#clock }).listKeys(userId)
    if (!keys.some((key) => key.name === name)) return
    throw new OAuthError(
      'invalid_request',
      `Cannot create key "${name}": it exists already`,
      { status: 409 },
    )
  }

  /**
   * Makes a key of an access token that the provider has given for it, and ends the token. The grant behind it is
   * spent in the same transaction: it is good for one key, and none once it is revoked.
   *
   * @param request where its sender knows it by an Idempotency-Key
   */
  async answer(
    token: string,
    wanted: WantedKey,
    request?: RepeatableRequest,
  ): Promise<Response> {
    const payload = await this.#records.find('AccessToken', token)
    const { accountId, clientId, grantId } = payload ?? {}
    if (
      clientId !== KEY_CLIENT_ID || typeof accountId !== 'string' || typeof grantId !== 'string'
    ) throw new OAuthError('invalid_grant', 'the grant is not for a key')
    const secret = await this.#database.transaction(async (database) => {
      const now = this.#clock.now()
      const spent = await database.run(
        `UPDATE oidc_payloads SET consumed_at = ?
        WHERE model = 'Grant' AND id_hash = ? AND consumed_at IS NULL`,
        ...[now, hashId(grantId)],
      )
      if (spent === 0) throw new OAuthError('invalid_grant', 'the grant is used or revoked')
      const store = createStore(database, { clock: this.#clock })
      const making = request === undefined
        ? createKey(store, accountId, wanted)
        : createKeyOnce(store, request, wanted)
      const { key, secret } = await making.catch(refuseAsOAuth)
      const records = new Records(database, this.#clock)
      await records.keep('Key', `key ${key.id}`, {
        keyId: key.id,
        grantId,
        exp: Math.ceil(now / 1000) + KEY_GRANT_SECONDS,
      })
      await records.remove('AccessToken', token)
      return secret
    })
    return answerJson({ token: secret.reveal() })
  }
}

/** Says a refusal of the API in OAuth's words. */
function refuseAsOAuth(error: unknown): never {
  if (!(error instanceof Refusal)) throw error
  throw new OAuthError('invalid_request', error.message, { status: error.status })
}
