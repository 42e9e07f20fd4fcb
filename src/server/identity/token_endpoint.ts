import { KEY_CLIENT_ID } from './clients.ts'
import type { EndpointContext } from './endpoint.ts'
import { readForm } from './form.ts'
import { parseWantedKey } from './key_issuer.ts'
import { OAuthError } from './oauth_error.ts'
import { MOUNT } from './paths.ts'
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
  if (wanted !== undefined) await keys.assertNameIsFree(fields, wanted.name)
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
  return await keys.answer(token, wanted)
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
