import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { TREE_LIMITS } from '../digest.ts'
import { request } from './request.ts'
import type { RequestOptions } from './request.ts'

/** Most bytes of an archive: what does not shrink when it is packed may still be an extension. */
export const MAX_ARCHIVE = TREE_LIMITS.bytes

/**
 * Downloads a file, in constant memory.
 *
 * @param path must not exist yet
 * @returns SHA-512 of it in base64; nothing where there is no such file
 * @throws ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_PATH when it is too large
 */
export async function download(
  url: URL,
  path: string,
  options: Omit<RequestOptions, 'accept' | 'limit'>,
): Promise<string | undefined> {
  const answer = await request(url, { ...options, accept: '*/*', limit: MAX_ARCHIVE })
  if (answer === undefined) return undefined
  const hash = createHash('sha512')
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    for await (const chunk of answer.body) {
      hash.update(chunk)
      for (let done = 0; done < chunk.length;) done += writeSync(descriptor, chunk, done)
    }
  } finally {
    closeSync(descriptor)
  }
  return hash.digest('base64')
}
