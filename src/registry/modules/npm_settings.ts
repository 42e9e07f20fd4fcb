import type { Environment } from '#config'
import { readNpmrc } from '../source/npmrc.ts'
import type { Authorization } from '../source/request.ts'

/** What the user's own configuration of npm says, for an engine that resolves modules, and for whoever fetches in its place. */
export interface NpmSettings {
  /** An `.npmrc` as the engine may see it: where registries are, and no credential. */
  readonly registries: string
  /** For how many days versions of packages wait before they are used; null where the user does not say. */
  readonly minimumAge: number | null
  /** Answers whether the user has named a place: a registry, or one with a credential for it. */
  isNamed(url: URL): boolean
  /** Gives the credential for a URL. */
  credential(url: URL): Authorization | undefined
}

/**
 * Reads the user's own configuration of npm. What lies in the directory one stands in, or in an extension, has no say: it could send a
 * scope, or a credential, somewhere else.
 *
 * @throws ERR_REGISTRY_SOURCE when it cannot be used
 */
export function readNpmSettings(environment: Environment, home: string): NpmSettings {
  const npmrc = readNpmrc({ environment, home })
  const registries = npmrc.registries()
  return {
    registries: registries.map(({ scope, url }) =>
      `${scope === null ? '' : `${scope}:`}registry=${url.href}\n`
    ).join(''),
    minimumAge: npmrc.minimumAge() ?? null,
    isNamed: (url) =>
      registries.some((each) =>
        each.url.origin === url.origin && url.pathname.startsWith(each.url.pathname)
      ) || npmrc.credentialFor(url) !== undefined,
    credential: (url) => npmrc.credentialFor(url),
  }
}
