import { createCredentialSource, resolveCredential } from '#auth'
import type { ResolvedCredential } from '#auth'
import type { CredentialSource } from '#base'
import { createSend } from '#broker'
import { DEFAULT_SETTINGS, readSettings, resolveApiUri, resolvePaths } from '#config'
import type { Environment, Paths, ResolvedApiUri, Settings } from '#config'
import { isAbsolute, join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { createApiClient } from './api_client.ts'
import type { ApiClient } from './api_client.ts'
import type { GlobalOptions } from './global_options.ts'
import { createPlatformFetch, systemClock } from './platform.ts'
import type { PlatformFetch } from './platform.ts'
import type { Terminal } from './terminal.ts'

/** What phylum says it is, to the API. */
export const USER_AGENT = `phylum/${manifest.version}`

/** What a command finds in the world; each part is made when it is first asked for, and once. */
export interface Context {
  terminal: Terminal
  environment: Environment
  options: GlobalOptions
  workingDirectory: string
  paths: Paths
  /** Standard input, as it comes. */
  input: AsyncIterable<Uint8Array | string>
  /** Reads standard input to its end. */
  readInput(): Promise<string>
  settings(): Promise<Settings>
  apiUri(): Promise<ResolvedApiUri>
  /** The credential as the user gave it. */
  credential(): Promise<ResolvedCredential>
  /** The credential as the API takes it, resolved when it is first used. */
  credentialSource(): Promise<CredentialSource>
  platformFetch(): Promise<PlatformFetch>
  apiClient(): Promise<ApiClient>
}

/** What the context is made from. */
export interface World {
  terminal: Terminal
  environment: Environment
  options: GlobalOptions
  workingDirectory: string
  input: AsyncIterable<Uint8Array | string>
}

/** Wires the rooms together. The order of the lines is the order in which things depend on each other. */
export function createContext(world: World): Context {
  const { terminal, environment, options, workingDirectory } = world
  const { log } = terminal
  const settingsFile = options.configFile === undefined
    ? undefined
    : isAbsolute(options.configFile)
    ? options.configFile
    : join(workingDirectory, options.configFile)

  // needs: environment
  const paths = lazy(() => resolvePaths(environment, { settingsFile }))
  // needs: paths
  const settings = lazy(() =>
    options.isConfigAllowed
      ? readSettings(paths().settingsFile, { log })
      : Promise.resolve(DEFAULT_SETTINGS)
  )
  // needs: environment, settings
  const apiUri = lazy(async () => resolveApiUri(environment, await settings(), { log }))
  // needs: settings
  const platformFetch = lazy(async () => {
    const ignoreCerts = options.ignoreCerts || (await settings()).ignoreCerts
    if (ignoreCerts) {
      log.warn('TLS certificates are not checked: whoever is on the way can take the credential')
    }
    return createPlatformFetch({ ignoreCerts })
  })
  // needs: environment, settings, paths
  const credential = lazy(async () =>
    resolveCredential({
      environment,
      settings: await settings(),
      settingsFile: paths().settingsFile,
      log,
    })
  )
  // needs: credential, apiUri, platformFetch; what it hands out is all that broker and host ever see of it
  const credentialSource = lazy(async () =>
    createCredentialSource({
      resolve: credential,
      apiUri: (await apiUri()).uri,
      settingsFile: paths().settingsFile,
      fetch: (await platformFetch()).fetch,
      clock: systemClock,
      log,
    })
  )
  // needs: apiUri, credentialSource, platformFetch
  const apiClient = lazy(async () => {
    const { uri } = await apiUri()
    const { fetch, fetchAlone } = await platformFetch()
    const send = createSend({
      apiOrigin: uri,
      credential: await credentialSource(),
      fetch,
      fetchAlone,
      timeout: options.timeout,
      userAgent: USER_AGENT,
    })
    return createApiClient(uri, send)
  })

  return {
    terminal,
    environment,
    options,
    workingDirectory,
    get paths() {
      return paths()
    },
    input: world.input,
    readInput: () => readAll(world.input),
    settings,
    apiUri,
    credential,
    credentialSource,
    platformFetch,
    apiClient,
  }
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Longest standard input that is taken for a token, in bytes. */
const MAX_INPUT = 64 * 1024

async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    length += bytes.length
    if (length > MAX_INPUT) break
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}
