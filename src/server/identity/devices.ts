import type { Clock } from '#base'
import type { Database } from '../store/database.ts'
import { findProgram } from './clients.ts'
import type { DeviceRequest, SignedIn } from './identity.ts'
import { createGrant } from './interactions.ts'
import type { OpenidProvider } from './openid_provider.ts'
import { hashId } from './payload.ts'
import type { Payload } from './payload.ts'

/** What the provider keeps of a device that waits, as far as it matters here. */
interface Kept extends Payload {
  clientId: string
  iat: number
  params: { scope?: string }
  accountId?: string
  error?: string
}

interface Row {
  idHash: Uint8Array
  payload: string
}

/** Devices that wait for somebody to type their code. */
export class Devices {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async read(userCode: string): Promise<DeviceRequest | undefined> {
    const row = await this.#find(userCode)
    const kept = row && parse(row)
    const program = findProgram(kept?.clientId)
    if (kept === undefined || program === undefined) return undefined
    const code = normalize(userCode)
    return {
      program,
      scopes: scopesOf(kept),
      userCode: `${code.slice(0, 4)}-${code.slice(4)}`,
      requestedAt: kept.iat * 1000,
    }
  }

  /** @returns whether the device still waited */
  async approve(
    openid: OpenidProvider,
    userCode: string,
    { userId, signedInAt }: SignedIn,
  ): Promise<boolean> {
    const row = await this.#find(userCode)
    const kept = row && parse(row)
    if (row === undefined || kept === undefined) return false
    const scopes = scopesOf(kept)
    const grantId = await createGrant(await openid.open(), userId, kept.clientId, scopes)
    return await this.#answer(row, {
      ...kept,
      accountId: userId,
      authTime: Math.floor(signedInAt / 1000),
      grantId,
      scope: scopes.join(' '),
    }, grantId)
  }

  /** @returns whether the device still waited */
  async deny(userCode: string): Promise<boolean> {
    const row = await this.#find(userCode)
    const kept = row && parse(row)
    if (row === undefined || kept === undefined) return false
    return await this.#answer(row, {
      ...kept,
      error: 'access_denied',
      errorDescription: 'the request was declined',
    })
  }

  async #find(userCode: string): Promise<Row | undefined> {
    return await this.#database.get<Row>(
      `SELECT id_hash AS "idHash", payload FROM oidc_payloads
      WHERE model = 'DeviceCode' AND user_code_hash = ? AND expires_at > ? AND consumed_at IS NULL`,
      ...[hashId(normalize(userCode)), this.#clock.now()],
    )
  }

  /** Writes the answer in place of the question, which of two people at once only one finds still there. */
  async #answer(row: Row, payload: Payload, grantId?: string): Promise<boolean> {
    const answered = await this.#database.run(
      `UPDATE oidc_payloads SET payload = ?, grant_hash = ?
      WHERE model = 'DeviceCode' AND id_hash = ? AND payload = ?`,
      ...[
        JSON.stringify(payload),
        grantId === undefined ? null : hashId(grantId),
        row.idHash,
        row.payload,
      ],
    )
    return answered > 0
  }
}

/** Reads what is kept, as long as nobody has answered. */
function parse({ payload }: Row): Kept | undefined {
  const kept = JSON.parse(payload) as Kept
  return kept.accountId === undefined && kept.error === undefined ? kept : undefined
}

function scopesOf({ params }: Kept): string[] {
  return (params.scope ?? '').split(' ').filter((scope) => scope !== '')
}

/** Takes a code as people type it: in either case, with or without the dash. */
function normalize(userCode: string): string {
  return userCode.toUpperCase().replace(/[^A-Z]/g, '')
}
