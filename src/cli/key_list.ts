import { openLogin } from '#auth'
import { isPhylumError, PhylumError } from '#base'
import type { Context } from './compose.ts'

/** An API key as the key service tells it. */
export interface ListedKey {
  name: string
  creation_time: string | null
  access_time: string | null
  expiry: string | null
}

/**
 * Asks the key service for the user's keys.
 * @throws ERR_API_RESPONSE when the answer is no list of keys, and what `ApiClient.call` throws
 */
export async function listKeys(context: Context): Promise<ListedKey[]> {
  const answer = await (await context.apiClient()).callAt('GET', '/locksmith/v1/tokens')
  const isKey = (each: unknown) =>
    typeof each === 'object' && each !== null && typeof (each as ListedKey).name === 'string'
  if (!Array.isArray(answer) || !answer.every(isKey)) {
    throw new PhylumError(
      'ERR_API_RESPONSE',
      'Cannot read the answer of the key service: it is no list of keys',
      { hints: ['check the API URI: `phylum auth status` shows which one is in use'] },
    )
  }
  const time = (value: unknown) => typeof value === 'string' ? value : null
  return answer.map((each) => ({
    name: each.name,
    creation_time: time(each.creation_time),
    access_time: time(each.access_time),
    expiry: time(each.expiry),
  }))
}

/** Answers the name of the key in use, where this machine knows it. */
export async function nameOfOwnKey(context: Context): Promise<string | undefined> {
  try {
    const { secret } = await context.credential()
    const { uri } = await context.apiUri()
    const { readKeyName } = await openLogin()
    return await readKeyName(context.paths.credentialsDirectory, secret, uri)
  } catch (error) {
    if (isPhylumError(error, 'ERR_AUTH_REQUIRED')) return undefined
    throw error
  }
}
