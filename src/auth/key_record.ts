import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secret } from '#base'
import { type ApiUri, writeFileAtomic } from '#config'
import { bindingOf, prepareCache } from './access_cache.ts'

/**
 * Notes under which name a key was made: the server can revoke a key by its name alone, and a key does not tell its own. What is
 * noted is the name and a hash; where nothing can be written, nothing is.
 */
export async function writeKeyRecord(
  directory: string,
  key: Secret,
  options: { name: string; apiUri: ApiUri },
): Promise<void> {
  if (!await prepareCache(directory)) return
  const record = { version: 1, binding: bindingOf(key, options.apiUri), name: options.name }
  await writeFileAtomic(fileIn(directory), `${JSON.stringify(record)}\n`).catch(() => {})
}

/** Answers the name of a key, where this machine made it. */
export async function readKeyName(
  directory: string,
  key: Secret,
  apiUri: ApiUri,
): Promise<string | undefined> {
  try {
    const { version, binding, name } = JSON.parse(await readFile(fileIn(directory), 'utf8'))
    const isOfKey = version === 1 && binding === bindingOf(key, apiUri) && typeof name === 'string'
    return isOfKey ? name : undefined
  } catch {
    return undefined
  }
}

/** Forgets the name of a key. */
export async function removeKeyRecord(directory: string): Promise<void> {
  await unlink(fileIn(directory)).catch(() => {})
}

function fileIn(directory: string): string {
  return join(directory, 'key.json')
}
