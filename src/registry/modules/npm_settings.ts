import { Secret } from '#base'
import type { Environment } from '#config'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A credential, as a registry takes it. */
export interface RegistryCredential {
  scheme: 'Bearer' | 'Basic'
  secret: Secret
}

/** What the user's own configuration of npm says of registries. */
export interface NpmSettings {
  /** The file as an engine may see it: where registries are, and no credential. */
  registries: string
  /** Answers whether the user has named a place: a registry, or one with a credential for it. */
  isNamed(url: URL): boolean
  /** Gives the credential for a URL. */
  credential(url: URL): RegistryCredential | undefined
}

/**
 * Reads the user's own configuration of npm. What lies in the directory one stands in, or in an extension, has no say: it could send a
 * scope, or a credential, somewhere else.
 */
export function readNpmSettings(environment: Environment, home: string): NpmSettings {
  const file = environment.NPM_CONFIG_USERCONFIG || join(home, '.npmrc')
  const entries = parse(readText(file), environment)
  const chosen = environment.NPM_CONFIG_REGISTRY
  if (chosen !== undefined && chosen !== '') entries.set('registry', chosen)
  const registries = new Map<string, string>()
  for (const [key, value] of entries) {
    if (/^(@[^:/]+:)?registry$/.test(key) && URL.canParse(value)) {
      registries.set(key, withSlash(new URL(value).href))
    }
  }
  const credentials = readCredentials(entries)
  const named = [...registries.values()].map((each) => new URL(each))
    .map((url) => `//${url.host}${url.pathname}`)
  const places = [...named, ...credentials.keys()]
  return {
    registries: [...registries].map(([key, value]) => `${key}=${value}\n`).join(''),
    isNamed: (url) => places.some((place) => isBelow(url, place)),
    credential: (url) => {
      // The longest place is the most exact one.
      const [place] = [...credentials.keys()].filter((each) => isBelow(url, each))
        .sort((left, right) => right.length - left.length)
      return place === undefined ? undefined : credentials.get(place)
    },
  }
}

function isBelow(url: URL, place: string): boolean {
  return `//${url.host}${url.pathname}`.startsWith(place)
}

/** Collects credentials by the place they are for, "//host/path/". */
function readCredentials(entries: ReadonlyMap<string, string>): Map<string, RegistryCredential> {
  const found = new Map<string, RegistryCredential>()
  const origin = 'your .npmrc'
  for (const [key, value] of entries) {
    const [, place, name] = /^(\/\/.+?)\/?:(_authToken|_auth|username)$/.exec(key) ?? []
    if (place === undefined || value === '') continue
    const at = withSlash(place)
    if (name === '_authToken') {
      found.set(at, { scheme: 'Bearer', secret: Secret.parse(value, origin) })
    } else if (name === '_auth') {
      found.set(at, { scheme: 'Basic', secret: Secret.parse(value, origin) })
    } else {
      const password = entries.get(`${key.slice(0, -'username'.length)}_password`)
      if (password === undefined) continue
      // npm keeps the password in base64.
      const both = `${value}:${Buffer.from(password, 'base64').toString()}`
      const secret = Secret.parse(Buffer.from(both).toString('base64'), origin)
      found.set(at, { scheme: 'Basic', secret })
    }
  }
  return found
}

/** Reads `key = value` lines, as ini files are written; `${NAME}` stands for a variable. */
function parse(text: string, environment: Environment): Map<string, string> {
  const entries = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[;#]/.test(line)) continue
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const plain = value.replace(/^(["'])(.*)\1$/, '$2')
    entries.set(key, plain.replace(/\$\{([^}]+)\}/g, (all, name) => environment[name] ?? all))
  }
  return entries
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`
}
