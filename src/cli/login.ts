import { openLogin } from '#auth'
import type { CredentialStore, DeviceCode, KeyService, ResolvedCredential } from '#auth'
import { display, isPhylumError, PhylumError } from '#base'
import type { Fetch, Secret } from '#base'
import type { ApiUri, Environment, Paths, ResolvedApiUri, Settings } from '#config'
import process from 'node:process'
import { hasBrowser, openBrowser } from './browser.ts'
import { loginTimeout } from './global_options.ts'
import type { GlobalOptions } from './global_options.ts'
import type { Terminal } from './terminal.ts'

/** What a login finds in the world. */
export interface LoginContext {
  terminal: Terminal
  environment: Environment
  options: GlobalOptions
  paths: Pick<Paths, 'settingsFile'>
  settings(): Promise<Settings>
  apiUri(): Promise<ResolvedApiUri>
  platformFetch(): Promise<{ fetch: Fetch }>
  credentialStore(): CredentialStore
}

/** How somebody wants to log in. */
export interface LoginWish {
  /** Name of the new key; one that no other machine has unless told. */
  name?: string | undefined
  expiry?: Date | undefined
  isReauth?: boolean
  isRegistration?: boolean
  isDevice?: boolean
}

/** A key, just made. */
export interface NewKey {
  key: Secret
  name: string
  apiUri: ApiUri
}

/**
 * Lets the user log in, in the browser of this machine or of another, and answers the key that was made.
 *
 * @throws ERR_AUTH_LOGIN, ERR_AUTH_FAILED, ERR_CLI_CANCELLED on Ctrl-C
 */
export async function login(context: LoginContext, wish: LoginWish): Promise<NewKey> {
  const { uri: apiUri } = await context.apiUri()
  const { fetch } = await context.platformFetch()
  const name = wish.name ?? `phylum-cli-${crypto.randomUUID()}`
  const key = { name, expiry: wish.expiry }
  const interruption = new AbortController()
  // Ctrl-C ends the login and not the process, so that nothing listens any more and the line of the terminal is left clean.
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt)
  try {
    const { discoverKeyService } = await openLogin()
    const service = await discoverKeyService({
      apiUri,
      fetch,
      timeout: loginTimeout(context.options),
    })
    const session = { service, wish: key, apiUri, signal: interruption.signal }
    const secret = isByDevice(context, service, wish)
      ? await byDevice(context, wish, session)
      : await byBrowser(context, wish, session)
    return { key: secret, name, apiUri }
  } finally {
    process.off('SIGINT', interrupt)
    context.terminal.showProgress(undefined)
  }
}

/** Lets the user log in, and stores the key. @returns the key as the credential that it now is */
export async function loginAndStore(
  context: LoginContext,
  wish: LoginWish & { why?: string; isKeyring?: boolean },
): Promise<ResolvedCredential> {
  const { terminal, paths, environment } = context
  const { assertKeyring, storeCredential, writeKeyRecord } = await openLogin()
  // Before the login: a key that cannot be stored would be made for nothing.
  const store = context.credentialStore()
  const isKeyring = wish.isKeyring ?? false
  if (isKeyring) await assertKeyring(store.keyring)
  if (wish.why !== undefined) terminal.log.note(`${wish.why}: logging in`)
  const { key, name, apiUri } = await login(context, wish)
  await storeCredential(store, key, { isKeyring, apiUri })
  await writeKeyRecord(store.directory, key, { name, apiUri })
  const place = `"${display(paths.settingsFile)}"`
  const isOtherApi = (await context.settings()).apiUri.uri !== apiUri
  terminal.log.note(`Logged in to ${apiUri}${isOtherApi ? ', which the settings now name' : ''}`)
  terminal.log.note(
    `The new key "${display(name)}" is in ${
      isKeyring ? `the keyring, and ${place} refers to it` : place
    }`,
  )
  if (environment.PHYLUM_API_KEY) {
    terminal.log.warn('PHYLUM_API_KEY is set and wins over the key that was just stored')
  }
  return {
    kind: 'api_key',
    source: paths.settingsFile,
    prefix: 'ph0_****',
    secret: key,
    storedFor: apiUri,
    keyring: undefined,
  }
}

/** What both ways to log in need. */
interface Session {
  service: KeyService
  wish: { name: string; expiry: Date | undefined }
  apiUri: ApiUri
  signal: AbortSignal
}

/** Finds out which browser is meant: another machine's where it was asked for, or where there is none here. */
function isByDevice(context: LoginContext, service: KeyService, wish: LoginWish): boolean {
  if (wish.isDevice === true && !service.hasDeviceLogin) {
    throw new PhylumError('ERR_AUTH_LOGIN', 'Cannot log in: this API offers no login by code', {
      hints: ['log in on a machine with a browser, or `phylum auth set-token`'],
    })
  }
  return wish.isDevice === true || (service.hasDeviceLogin && !hasBrowser(context.environment))
}

async function byBrowser(
  { terminal, environment }: LoginContext,
  wish: LoginWish,
  session: Session,
): Promise<Secret> {
  const { service, apiUri } = session
  const { LOGIN_LIMIT, loginByBrowser } = await openLogin()
  const isHere = hasBrowser(environment)
  let stop = () => {}
  try {
    return await loginByBrowser(service, {
      ...session,
      isReauth: wish.isReauth ?? false,
      isRegistration: wish.isRegistration ?? false,
      async show(address) {
        terminal.say(
          isHere
            ? `Opening the browser to log in to ${apiUri}. Should no page appear, open this one:`
            : `To log in to ${apiUri}, open this page in a browser on this machine:`,
        )
        terminal.say(`\n  ${display(address, Infinity)}\n`)
        stop = countDown(terminal, 'Waiting for the browser', LOGIN_LIMIT)
        if (isHere) await openOrWarn(address, environment, terminal)
      },
    })
  } finally {
    stop()
  }
}

async function openOrWarn(
  address: string,
  environment: Environment,
  terminal: Terminal,
): Promise<void> {
  try {
    await openBrowser(address, environment)
  } catch (error) {
    if (!isPhylumError(error)) throw error
    terminal.log.warn(error.message)
  }
}

async function byDevice(
  { terminal }: LoginContext,
  wish: LoginWish,
  session: Session,
): Promise<Secret> {
  const { loginByDevice } = await openLogin()
  let stop = () => {}
  try {
    return await loginByDevice(session.service, {
      ...session,
      isReauth: wish.isReauth ?? false,
      show(device) {
        showCode(terminal, session.apiUri, device)
        stop = countDown(terminal, 'Waiting for the code to be entered', device.lifetime)
      },
    })
  } finally {
    stop()
  }
}

function showCode(terminal: Terminal, apiUri: ApiUri, device: DeviceCode): void {
  const { address, code, completeAddress } = device
  terminal.say(`To log in to ${apiUri}, open this page in a browser on any machine:`)
  terminal.say(`\n  ${display(address)}\n`)
  terminal.say('and enter this code there, if it is you who asked for it:')
  terminal.say(`\n  ${terminal.paint('bold', display(code, 40), 'stderr')}\n`)
  if (completeAddress !== undefined) {
    terminal.say(`With the code filled in: ${display(completeAddress)}`)
  }
}

/** Shows how much time is left, where that can be done. @returns the function that ends it */
function countDown(terminal: Terminal, what: string, lifetime: number): () => void {
  const end = performance.now() + lifetime
  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    terminal.showProgress(`${what}… ${left} left, Ctrl-C cancels`)
  }
  show()
  const timer = setInterval(show, 1000)
  return () => {
    clearInterval(timer)
    terminal.showProgress(undefined)
  }
}
