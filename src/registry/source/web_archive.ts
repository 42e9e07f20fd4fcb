import { join } from 'node:path'
import { display, PhylumError } from '#base'
import { download } from './download.ts'
import type { Fetched, FetchWorld } from './fetched.ts'
import { request } from './request.ts'
import { withScratch } from './scratch.ts'
import { MAX_SIGNATURE, SIGNATURE, unpackArchive } from './unpack.ts'

/**
 * Fetches a packed extension by https, with the signature beside it.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_PATH
 */
export async function fetchWebArchive(
  location: string,
  destination: string,
  world: FetchWorld,
): Promise<Fetched> {
  const shown = display(location, 200)
  return await withScratch(world.scratch, async (scratch) => {
    const file = join(scratch, 'archive.tgz')
    world.onProgress?.(`Fetching ${shown}`)
    const sha512 = await download(new URL(location), file, { fetch: world.fetch })
    if (sha512 === undefined) {
      throw new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": it does not exist`)
    }
    const signature = await fetchSignature(new URL(`${location}${SIGNATURE}`), world)
    await unpackArchive(file, location, destination)
    return { resolved: location, version: null, directory: destination, signature }
  })
}

async function fetchSignature(url: URL, { fetch }: FetchWorld): Promise<string | null> {
  const answer = await request(url, { fetch, accept: '*/*', limit: MAX_SIGNATURE })
  if (answer === undefined) return null
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.body) text += decoder.decode(chunk, { stream: true })
  text = text.trim()
  // Servers that answer everything with a page have no signature.
  return text.startsWith('<') ? null : text
}
