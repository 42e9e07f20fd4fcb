import { createCredentialSource, resolveCredential } from '#auth'
import type { CredentialStore, ResolvedCredential } from '#auth'
import { isPhylumError, PhylumError } from '#base'
import type { Aside, CredentialSource } from '#base'
import { createSend } from '#broker'
import { DEFAULT_SETTINGS, readSettings, resolveApiUri, resolvePaths } from '#config'
import type { ApiUri, Environment, Paths, ResolvedApiUri, Settings } from '#config'
import { isAbsolute, join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { createApiClient } from './api_client.ts'
import type { ApiClient } from './api_client.ts'
import { loginTimeout } from './global_options.ts'
import type { GlobalOptions } from './global_options.ts'
import { createKeyring } from './keyring.ts'
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
  /** First words that lead to a command, and so to no extension. */
  commandWords: ReadonlySet<string>
  paths: Paths
  /** Standard input, as it comes. */
  input: AsyncIterable<Uint8Array | string>
  /** Reads standard input to its end. */
  readInput(): Promise<string>
  settings(): Promise<Settings>
  apiUri(): Promise<ResolvedApiUri>
  /** The credential as the user gave it. @throws ERR_AUTH_REQUIRED when there is none */
  credential(): Promise<ResolvedCredential>
  /**
   * The same; where there is none and somebody to ask, they log in first, and the new key is stored.
   * @throws ERR_AUTH_REQUIRED when nobody can be asked, and what keeps a login from coming about
   */
  requireCredential(aside?: Aside): Promise<ResolvedCredential>
  /** The credential as the API takes it, resolved when it is first used. */
  credentialSource(): Promise<CredentialSource>
  platformFetch(): Promise<PlatformFetch & { ignoresCerts: boolean }>
  apiClient(): Promise<ApiClient>
  /** A client for an API with a credential of its own. */
  clientFor(uri: ApiUri, source: CredentialSource): Promise<ApiClient>
  /**
   * Where credentials are stored.
   * @throws ERR_CONFIG_WRITE when nothing may be stored
   */
  credentialStore(): CredentialStore
}

/** What the context is made from. */
export interface World {
  terminal: Terminal
  environment: Environment
  options: GlobalOptions
  workingDirectory: string
  commandWords: ReadonlySet<string>
  /** Standard input, opened when it is read. */
  input: () => AsyncIterable<Uint8Array | string>
}

/** Wires the rooms together. The order of the lines is the order in which things depend on each other. */
export function createContext(world: World): Context {
  const { terminal, environment, options, workingDirectory, commandWords } = world
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
    return { ...createPlatformFetch({ ignoreCerts }), ignoresCerts: ignoreCerts }
  })
  // needs: environment
  const keyring = createKeyring(environment)
  // needs: environment, settings, paths, keyring where the settings point to it
  const credential = lazy(async () =>
    resolveCredential({
      environment,
      settings: await settings(),
      settingsFile: paths().settingsFile,
      keyring,
      log,
    })
  )
  // needs: paths, keyring
  const credentialStore = lazy((): CredentialStore => {
    if (!options.isConfigAllowed) {
      throw new PhylumError(
        'ERR_CONFIG_WRITE',
        'Cannot store a credential: --no-config forbids to write settings',
      )
    }
    const { settingsFile, credentialsDirectory: directory } = paths()
    return { settingsFile, directory, keyring, log }
  })
  // needs: credential, terminal; what a login needs, it takes from the context
  const firstLogin = lazy(async () => {
    const { loginAndStore } = await import('./login.ts')
    return await loginAndStore(context, { why: 'No credential is stored yet' })
  })
  async function requireCredential(aside: Aside = (talk) => talk()): Promise<ResolvedCredential> {
    try {
      return await credential()
    } catch (error) {
      const isPossible = terminal.isInteractive && options.isConfigAllowed
      if (!isPhylumError(error, 'ERR_AUTH_REQUIRED') || !isPossible) throw error
      return await aside(firstLogin)
    }
  }
  // needs: requireCredential, apiUri, platformFetch; what it hands out is all that broker and host ever see of it
  const credentialSource = lazy(async () => {
    const { fetch, ignoresCerts } = await platformFetch()
    const timeout = loginTimeout(options)
    const world = { fetch, clock: systemClock, keyring, log, timeout }
    return createCredentialSource({
      ...world,
      resolve: requireCredential,
      apiUri: (await apiUri()).uri,
      settingsFile: paths().settingsFile,
      directory: options.isConfigAllowed ? paths().credentialsDirectory : undefined,
      async obtain(request) {
        const { obtainInProcess } = await import('./exchange_process.ts')
        return await obtainInProcess(request, { ...world, ignoreCerts: ignoresCerts, environment })
      },
    })
  })
  // needs: platformFetch
  async function clientFor(uri: ApiUri, source: CredentialSource): Promise<ApiClient> {
    const { fetch, fetchAlone } = await platformFetch()
    const send = createSend({
      apiOrigin: uri,
      credential: source,
      fetch,
      fetchAlone,
      timeout: options.timeout,
      userAgent: USER_AGENT,
    })
    return createApiClient(uri, send)
  }
  // needs: apiUri, credentialSource, clientFor
  const apiClient = lazy(async () =>
    await clientFor((await apiUri()).uri, await credentialSource())
  )

  const context: Context = {
    terminal,
    environment,
    options,
    workingDirectory,
    commandWords,
    get paths() {
      return paths()
    },
    get input() {
      return world.input()
    },
    readInput: () => readAll(world.input()),
    settings,
    apiUri,
    credential,
    requireCredential,
    credentialSource,
    platformFetch,
    apiClient,
    clientFor,
    credentialStore,
  }
  return context
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Longest standard input that is taken for a token, in bytes. */
const MAX_INPUT = 64 * 1024

/** Reads a stream to its end, or to its bound. */
export async function readAll(input: AsyncIterable<Uint8Array | string>): Promise<string> {
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
