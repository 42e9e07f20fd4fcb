import { hashRequest, readIdempotencyKey } from '../idempotency_key.ts'
import type { RepeatableRequest } from '../store.ts'
import { KEY_CLIENT_ID } from './clients.ts'
import type { EndpointContext } from './endpoint.ts'
import { readForm } from './form.ts'
import { parseWantedKey } from './key_issuer.ts'
import { OAuthError } from './oauth_error.ts'
import { KEY_TOKEN_PATH, MOUNT } from './paths.ts'
import { hashId } from './payload.ts'

/** How often a device may ask for its code, in milliseconds; a little less than it is told, because networks are uneven. */
const POLL_MILLISECONDS = 4000

/**
 * Answers a program that shows a code, a device code or a refresh token. The provider decides; what it grants to the
 * client of the key service becomes a key here, and the tokens behind it never leave the server.
 */
export async function answerToken(request: Request, context: EndpointContext): Promise<Response> {
  const { keys, clock } = context
  const { fields, bytes } = await readForm(request)
  const isForKey = fields.get('client_id') === KEY_CLIENT_ID
  await assertPatience(fields.get('device_code'), context)
  const wanted = isForKey ? parseWantedKey(fields, clock) : undefined
  const userId = isForKey ? await keys.findUser(fields) : undefined
  const repeatable = userId === undefined ? undefined : describeRepeatable(request, userId, fields)
  if (repeatable !== undefined) await keys.assertFirst(repeatable)
  if (wanted !== undefined && userId !== undefined) {
    await keys.assertNameIsFree(userId, wanted.name)
  }
  const openid = await context.openid()
  const answer = await openid.ask(
    new Request(new URL(`${MOUNT}/token`, request.url), {
      method: 'POST',
      headers: request.headers,
    }),
    bytes,
  )
  if (wanted === undefined || !answer.ok) return answer
  const { access_token: token } = await answer.json() as { access_token: string }
  return await keys.answer(token, wanted, repeatable)
}

/** Says by what its sender knows a request for a key, where it may come again. */
function describeRepeatable(
  request: Request,
  userId: string,
  fields: URLSearchParams,
): RepeatableRequest | undefined {
  const key = readIdempotencyKey(request)
  if (key === undefined) return undefined
  return { userId, key, requestHash: hashRequest('POST', KEY_TOKEN_PATH, [...fields]) }
}

/** RFC 8628, section 3.5: a device that asks too often is told to slow down. */
async function assertPatience(
  deviceCode: string | null,
  { limiter }: EndpointContext,
): Promise<void> {
  if (deviceCode === null) return
  const bucket = `poll ${Buffer.from(hashId(deviceCode)).toString('base64url')}`
  if (await limiter.take(bucket, 1, POLL_MILLISECONDS) === undefined) return
  throw new OAuthError('slow_down', 'the device asks too often')
}
