import { Buffer } from 'node:buffer'
import { realpathSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { display, PhylumError, Secret, systemCode } from '#base'
import { isLoopback } from '#config'
import type { Environment } from '#config'
import { readSmallFile } from '../read_small_file.ts'
import { describeSystemError } from '../system_error.ts'
import type { Authorization } from './request.ts'

/** Largest `.npmrc`, in bytes. */
const MAX_BYTES = 1024 * 1024

/** What the user has told npm about registries. */
export interface Npmrc {
  /** For how many days versions of packages wait before they are used (`min-release-age`); nothing where it is not configured. */
  minimumAge(): number | undefined
  /**
   * Lists the registries that are configured; a scope is null for that of all other packages.
   * @throws ERR_REGISTRY_SOURCE when one cannot be used
   */
  registries(): { scope: string | null; url: URL }[]
  /**
   * The registry of a package; nothing where none is configured.
   * @throws ERR_REGISTRY_SOURCE when it cannot be used
   */
  registryOf(name: string): URL | undefined
  /**
   * What stands in "Authorization" for a URL: what is configured for its host and the path that it begins with, the longest first.
   * @throws ERR_REGISTRY_SOURCE, ERR_AUTH_CREDENTIAL when it cannot be used
   */
  credentialFor(url: URL): Authorization | undefined
}

/**
 * Reads the user's own `.npmrc`: "~/.npmrc", or the one that NPM_CONFIG_USERCONFIG names. The one of the working directory is not
 * read: whoever wrote the repository would choose where packages come from, and where the token goes.
 *
 * @throws ERR_REGISTRY_SOURCE when it cannot be read
 */
export function readNpmrc(
  { environment, home }: { environment: Environment; home: string },
): Npmrc {
  const named = environment['npm_config_userconfig'] ?? environment['NPM_CONFIG_USERCONFIG']
  const isNamed = named !== undefined && named !== ''
  const path = isNamed ? named : join(home, '.npmrc')
  if (!isAbsolute(path)) {
    throw refuse(path, 'NPM_CONFIG_USERCONFIG is no absolute path')
  }
  const values = parse(read(path))
  const expand = createExpand(path, environment)
  const registry = environment['npm_config_registry'] ?? environment['NPM_CONFIG_REGISTRY']
  const common = () => {
    if (registry !== undefined && registry !== '') {
      return parseRegistry('NPM_CONFIG_REGISTRY', registry)
    }
    const written = values.get('registry')
    return written === undefined ? undefined : parseRegistry(path, expand(written, 'registry'))
  }
  return {
    minimumAge() {
      const days = Number(values.get('min-release-age'))
      return values.has('min-release-age') && days >= 0 ? days : undefined
    },
    registries() {
      const scopes = [...values].flatMap(([key, value]) => {
        const scope = /^(@[^/:]+):registry$/.exec(key)?.[1]
        return scope === undefined ? [] : [{ scope, url: parseRegistry(path, expand(value, key)) }]
      })
      const url = common()
      return url === undefined ? scopes : [{ scope: null, url }, ...scopes]
    },
    registryOf(name) {
      const scope = /^@[^/]+(?=\/)/.exec(name)?.[0]
      const own = scope === undefined ? undefined : values.get(`${scope}:registry`)
      if (own !== undefined) return parseRegistry(path, expand(own, `${scope}:registry`))
      return common()
    },
    credentialFor(url) {
      for (const place of listPlaces(url)) {
        const get = (key: string) => {
          const value = values.get(`${place}:${key}`)
          return value === undefined ? undefined : expand(value, `${place}:${key}`)
        }
        const found = findCredential(get, `"${display(path, 100)}"`)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** Lists where a credential for a URL can be configured: "//host/a/b/", "//host/a/", "//host/". */
function* listPlaces({ host, pathname }: URL): Generator<string> {
  const parts = pathname.split('/').slice(1, -1)
  for (let count = parts.length; count >= 0; count--) {
    yield `//${host}/${parts.slice(0, count).map((part) => `${part}/`).join('')}`
  }
}

function findCredential(
  get: (key: string) => string | undefined,
  origin: string,
): Authorization | undefined {
  const token = get('_authToken')
  if (token !== undefined) return { scheme: 'Bearer', secret: Secret.parse(token, origin) }
  const username = get('username')
  const password = get('_password')
  const pair = username === undefined || password === undefined
    ? undefined
    : `${username}:${Buffer.from(password, 'base64').toString()}`
  const basic = get('_auth') ?? (pair && Buffer.from(pair).toString('base64'))
  return basic === undefined ? undefined : { scheme: 'Basic', secret: Secret.parse(basic, origin) }
}

function read(path: string): string {
  try {
    const real = realpathSync(path)
    const { bytes } = readSmallFile(real, MAX_BYTES, (state, cause) => refuse(path, state, cause))
    return new TextDecoder().decode(bytes)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return ''
    if (cause instanceof PhylumError) throw cause
    throw refuse(path, describeSystemError(cause), cause)
  }
}

/** Reads lines of "key = value", in the way of npm's `ini`: a comment begins a line, quotes are left out, the last one counts. */
function parse(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, key, value = ''] = /^\s*([^;#=\s[][^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(line) ?? []
    if (key !== undefined) values.set(key, value.replace(/^(["'])(.*)\1$/, '$2'))
  }
  return values
}

/** Puts in what stands in the environment for "${NAME}"; "${NAME?}" may be missing. */
function createExpand(path: string, environment: Environment) {
  return (value: string, key: string): string =>
    value.replace(/\$\{([^${}?]+)(\?)?\}/g, (_, name: string, optional?: string) => {
      const found = environment[name]
      if (found === undefined && optional === undefined) {
        throw refuse(path, `"${display(key, 100)}" names "${display(name, 50)}", which is not set`)
      }
      return found ?? ''
    })
}

function parseRegistry(path: string, text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw refuse(path, 'what it names as registry is no URL of one')
  }
  if (url.username !== '' || url.password !== '') {
    throw refuse(path, 'the URL of its registry holds a user name or a password')
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const host = display(url.host, 100)
    throw refuse(path, `the registry "${host}" is not reached by "https:"`)
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function refuse(path: string, state: string, cause?: unknown): PhylumError {
  const message = `Cannot use "${display(path, 100)}": ${state}`
  return new PhylumError('ERR_REGISTRY_SOURCE', message, { cause })
}
