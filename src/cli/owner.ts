import { openLogin } from '#auth'
import { PhylumError } from '#base'
import type { Context } from './compose.ts'
import { loginTimeout } from './global_options.ts'

/** Whose a credential is. */
export interface CredentialOwner {
  email: string | null
  name: string | null
}

/**
 * Asks the API whose the credential in use is.
 *
 * @throws ERR_API_RESPONSE when the API names no place for that, and what `ApiClient.call` throws
 */
export async function askOwner(context: Context): Promise<CredentialOwner> {
  const { uri: apiUri } = await context.apiUri()
  const { fetch } = await context.platformFetch()
  const { discoverKeyService } = await openLogin()
  const { userinfoPath } = await discoverKeyService({
    apiUri,
    fetch,
    timeout: loginTimeout(context.options),
  })
  if (userinfoPath === undefined) {
    throw new PhylumError(
      'ERR_API_RESPONSE',
      'Cannot ask whose credential it is: the API names no place of its own for that',
    )
  }
  const answer = await (await context.apiClient()).callAt('GET', userinfoPath)
  const { email, name } = (answer ?? {}) as Record<string, unknown>
  const text = (value: unknown) => typeof value === 'string' ? value : null
  return { email: text(email), name: text(name) }
}

/** Writes whose a credential is, on one line; not yet safe to show. */
export function nameOwner({ email, name }: CredentialOwner): string {
  if (name === null) return email ?? 'somebody without a name'
  return email === null ? name : `${name} <${email}>`
}
