import { isPhylumError, PhylumError, type Secret } from '#base'
import type { DeviceAuthorizationResponse } from 'openid-client'
import { type Callback, listenForCallback } from './callback_listener.ts'
import {
  cannotLogIn,
  describeWish,
  explainLogin,
  type KeyService,
  type KeyWish,
  parseKey,
} from './locksmith.ts'

const SCOPE = 'openid offline_access'

/** How long a login may take, in milliseconds. */
export const LOGIN_LIMIT = 5 * 60 * 1000

/** A login in the browser of this machine. */
export interface BrowserLogin {
  wish: KeyWish
  /** Asks for the password even where the browser is logged in. */
  isReauth: boolean
  /** Begins with the form for a new account. */
  isRegistration: boolean
  /** Shows the address to the user, in the browser and on the terminal. */
  show(address: string): Promise<void> | void
  /** Cancels the login. */
  signal: AbortSignal
  /** In milliseconds; five minutes unless told. */
  limit?: number | undefined
}

/**
 * Logs in with the browser of this machine, and answers the key that was made: authorization code with PKCE, RFC 7636, and a loopback
 * redirect, RFC 8252.
 *
 * @throws ERR_AUTH_LOGIN, ERR_AUTH_FAILED when the login was declined, ERR_CLI_CANCELLED
 */
export async function loginByBrowser(service: KeyService, login: BrowserLogin): Promise<Secret> {
  const { client, configuration } = service
  const state = client.randomState()
  const verifier = client.randomPKCECodeVerifier()
  const listener = await listenForCallback(state)
  try {
    const address = client.buildAuthorizationUrl(configuration, {
      redirect_uri: listener.redirectUri,
      response_mode: 'query',
      scope: SCOPE,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(login.isReauth ? { prompt: 'login' } : {}),
      ...(login.isRegistration && canCreate(configuration) ? { prompt: 'create' } : {}),
    })
    if (login.isRegistration && !canCreate(configuration)) {
      address.pathname = siblingPath(address, 'registrations')
    }
    await login.show(address.href)
    const callback = await waitFor(listener.callback, login)
    return await finish(callback, async () => {
      // Checks `state` and, RFC 9207, `iss`, before the code is sent anywhere.
      const checks = { pkceCodeVerifier: verifier, expectedState: state }
      const wish = describeWish(login.wish)
      return parseKey(
        (await client.authorizationCodeGrant(configuration, callback.url, checks, wish))
          .access_token,
      )
    })
  } finally {
    await listener.close()
  }
}

/** A login with the browser of any machine. */
export interface DeviceLogin {
  wish: KeyWish
  /** Asks for the password even where the browser is logged in. */
  isReauth: boolean
  /** Shows the user where to go and what to enter there. */
  show(code: DeviceCode): void
  /** Cancels the login. */
  signal: AbortSignal
}

/** What the user enters, and where. */
export interface DeviceCode {
  address: string
  code: string
  /** The address with the code in it, where the service has one. */
  completeAddress: string | undefined
  /** How long the code can be entered, in milliseconds. */
  lifetime: number
}

/**
 * Logs in with the browser of any machine, and answers the key that was made: device authorization grant, RFC 8628.
 *
 * @throws ERR_AUTH_LOGIN, ERR_AUTH_FAILED when the login was declined or the code has expired, ERR_CLI_CANCELLED
 */
export async function loginByDevice(service: KeyService, login: DeviceLogin): Promise<Secret> {
  const { client, configuration } = service
  let deadline: AbortSignal | undefined
  try {
    const device = await client.initiateDeviceAuthorization(configuration, {
      scope: SCOPE,
      ...(login.isReauth ? { prompt: 'login' } : {}),
    })
    const lifetime = Math.min(device.expires_in * 1000, MAX_DEVICE_LIFETIME)
    login.show({
      address: assertWebAddress(device.verification_uri),
      code: device.user_code,
      completeAddress: device.verification_uri_complete === undefined
        ? undefined
        : assertWebAddress(device.verification_uri_complete),
      lifetime,
    })
    deadline = AbortSignal.timeout(lifetime)
    const signal = AbortSignal.any([deadline, login.signal])
    // The client looks at the signal between two pauses of several seconds; whoever presses Ctrl-C does not wait for that.
    const answer = await Promise.race([poll(service, device, login.wish, signal), rejectOn(signal)])
    return parseKey(answer.access_token)
  } catch (error) {
    if (login.signal.aborted) throw cancelled()
    if (deadline?.aborted) throw cannotLogIn('the code was not entered in time')
    throw explainLogin(error)
  }
}

const MAX_DEVICE_LIFETIME = 30 * 60 * 1000

/** How often in a row the service may be out of reach. */
const MAX_FAILURES = 4

/** Asks until the code was entered. A network that is away for a moment does not end the login: RFC 8628, section 3.5, asks less often then. */
async function poll(
  { client, configuration }: KeyService,
  device: DeviceAuthorizationResponse,
  wish: KeyWish,
  signal: AbortSignal,
) {
  for (let failures = 0;; failures++) {
    const interval = (device.interval ?? 5) * 2 ** failures
    try {
      return await client.pollDeviceAuthorizationGrant(
        configuration,
        { ...device, interval },
        describeWish(wish),
        { signal },
      )
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      const isTransport = isPhylumError(cause) && cause.cause !== undefined
      if (!isTransport || failures === MAX_FAILURES || signal.aborted) throw error
    }
  }
}

/** Tells the browser how the login ended, whatever that is, and then the caller. */
async function finish(callback: Callback, work: () => Promise<Secret>): Promise<Secret> {
  try {
    const key = await work()
    callback.answer({
      title: 'You are logged in',
      text: 'phylum has its key. You can close this page and return to the terminal.',
    })
    return key
  } catch (error) {
    const failure = explainLogin(error)
    callback.answer({
      title: 'The login failed',
      text: `${failure.message}. Return to the terminal.`,
    })
    throw failure
  }
}

async function waitFor<T>(promise: Promise<T>, login: BrowserLogin): Promise<T> {
  const deadline = AbortSignal.timeout(login.limit ?? LOGIN_LIMIT)
  try {
    return await Promise.race([promise, rejectOn(AbortSignal.any([deadline, login.signal]))])
  } catch {
    throw login.signal.aborted ? cancelled() : cannotLogIn('the browser did not come back in time')
  }
}

/** Rejects when a signal is given. */
function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

/** Initiating User Registration via OpenID Connect 1.0: a service that knows it says so; for the others there is a page of its own. */
function canCreate(configuration: KeyService['configuration']): boolean {
  const values = configuration.serverMetadata()['prompt_values_supported']
  return Array.isArray(values) && values.includes('create')
}

/** `/…/auth` and `/…/registrations` lie side by side. */
function siblingPath(address: URL, name: string): string {
  return address.pathname.replace(/[^/]*\/?$/, name)
}

/** What is shown to be opened must be a web address: a terminal makes links of others too. */
function assertWebAddress(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.href
  throw cannotLogIn('the login service names a page that is not a web address')
}

function cancelled(): PhylumError {
  return new PhylumError('ERR_CLI_CANCELLED', 'Cancelled')
}
