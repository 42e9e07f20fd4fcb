import { join } from 'node:path'
import { display, PhylumError } from '#base'
import { download } from './download.ts'
import type { Expected, Fetched, FetchWorld } from './fetched.ts'
import { readNpmrc } from './npmrc.ts'
import type { Npmrc } from './npmrc.ts'
import type { NpmSource } from './npm_source.ts'
import { chooseVersion } from './packument.ts'
import { hideSecrets } from './refuse_source.ts'
import { request } from './request.ts'
import { withScratch } from './scratch.ts'
import { unpackArchive } from './unpack.ts'

/** Most bytes of what a registry says of a package; those with thousands of versions have some megabytes. */
const MAX_PACKUMENT = 64 * 1024 * 1024

/** What all versions have in common, without readme and scripts. */
const ACCEPT = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8'

/** What to do about a private package. */
const LOGIN = 'for a private package, run `npm login`, or put its token into "~/.npmrc"'

/**
 * Fetches a package from the registry that the user's `.npmrc` names for it. What is unpacked are the very bytes whose SHA-512 the
 * registry gives; nothing of a package is run, and its dependencies are not fetched.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_INTEGRITY, ERR_REGISTRY_PATH
 */
export async function fetchPackage(
  source: NpmSource,
  destination: string,
  world: FetchWorld,
  expected: Expected = {},
): Promise<Fetched> {
  const npmrc = readNpmrc(world)
  const registry = npmrc.registryOf(source.name)
  if (registry === undefined) {
    throw refuse(source, 'no registry is configured', [
      'run `npm config set registry URL`, or write "registry=URL" into "~/.npmrc"',
    ])
  }
  world.onProgress?.(`Asking ${display(registry.host, 100)} for ${source.name}`)
  const text = await fetchPackument(source, registry, npmrc, world)
  const { version, resolved } = expected
  const found = await chooseVersion(text, { source, version, resolved })
  const { tarball } = found
  const shown = display(hideSecrets(tarball.href), 200)
  if (registry.protocol === 'https:' && tarball.protocol !== 'https:') {
    throw refuse(source, `"${shown}" is not reached by "https:"`)
  }
  return await withScratch(world.scratch, async (scratch) => {
    const file = join(scratch, 'package.tgz')
    world.onProgress?.(`Fetching ${source.name} ${display(found.version, 50)}`)
    const sha512 = await download(tarball, file, {
      fetch: world.fetch,
      // Some registries keep archives elsewhere; the token is for the registry alone.
      authorize: tarball.origin === registry.origin ? npmrc.credentialFor : undefined,
      loginHint: LOGIN,
    })
    if (sha512 === undefined) throw refuse(source, `"${shown}" does not exist`)
    if (!found.sha512.includes(sha512)) {
      throw new PhylumError(
        'ERR_REGISTRY_INTEGRITY',
        `Cannot fetch "npm:${source.name}": "${shown}" is not what the registry promises`,
        { hints: ['somebody has changed it on the way, or the registry is broken'] },
      )
    }
    await unpackArchive(file, `npm:${source.name}@${found.version}`, destination)
    return {
      resolved: tarball.href,
      version: found.version,
      directory: destination,
      signature: null,
    }
  })
}

async function fetchPackument(
  source: NpmSource,
  registry: URL,
  npmrc: Npmrc,
  { fetch }: FetchWorld,
): Promise<string> {
  const url = new URL(source.name.replace('/', '%2f'), registry)
  const answer = await request(url, {
    fetch,
    accept: ACCEPT,
    limit: MAX_PACKUMENT,
    authorize: npmrc.credentialFor,
    loginHint: LOGIN,
  })
  if (answer === undefined) {
    throw refuse(source, `"${display(registry.href, 100)}" has no such package`, [
      LOGIN,
    ])
  }
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.body) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

function refuse(source: NpmSource, state: string, hints: string[] = []): PhylumError {
  return new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "npm:${source.name}": ${state}`, {
    hints,
  })
}
