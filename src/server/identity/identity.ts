/**
 * Where a browser is sent to when a program asks for a credential, with the id of the request behind it:
 * `/interaction/<id>`. The cookie that binds the request to its browser has this path, so a page that reads, finishes
 * or refuses the request must lie at it or below it.
 */
export const INTERACTION_PATH = '/interaction'

/** Where somebody is sent to who was given a code by a device; a link brings the code along as `?user_code=`. */
export const DEVICE_PATH = '/device'

/** A program that asks for a credential. */
export interface Program {
  id: string
  /** What people call it: "phylum, the command-line tool". */
  name: string
  /** What it will hold: an API key, or tokens that are renewed while they are used. */
  holds: 'key' | 'tokens'
}

/** What somebody is asked, in a browser, before a program gets a credential. */
export interface Interaction {
  id: string
  program: Program
  /** What the program asks for, as in "openid". */
  scopes: readonly string[]
  /**
   * Origin of the program's own page, to which the answer goes: "http://127.0.0.1:51234". Chromium holds a form's
   * redirects against `form-action`, so the page that asks must allow it there.
   */
  redirectOrigin: string
  /**
   * Who signed in before this moment, in milliseconds since the epoch, signs in again: the program asked for it. Zero
   * takes any sign-in.
   */
  signedInAfter: number
  /** Whether the program would like a new account to be made. */
  isRegistration: boolean
}

/** Who answers for an account, and since when. */
export interface SignedIn {
  userId: string
  /** When the password was given, in milliseconds since the epoch. */
  signedInAt: number
}

/** What somebody is asked who was given a code by a device. */
export interface DeviceRequest {
  program: Program
  scopes: readonly string[]
  /** The code as the device shows it: "BCDF-GHJK". */
  userCode: string
  /** When the device began to ask, in milliseconds since the epoch. */
  requestedAt: number
}

/** What the web pages need of the OpenID provider. */
export interface Identity {
  /**
   * Reads what the page at `/interaction/<id>` is about; `undefined` when it is over, unknown, or was begun by another
   * browser.
   */
  readInteraction(request: Request): Promise<Interaction | undefined>
  /**
   * Gives the program what it asked for. The caller has shown what that is, and has checked that the answer came from
   * its own page.
   *
   * @returns the URL to redirect to; `undefined` when there is no such interaction, or the sign-in is too old for it
   */
  finishInteraction(request: Request, answer: SignedIn): Promise<string | undefined>
  /** Tells the program that it gets nothing. @returns the URL to redirect to */
  refuseInteraction(request: Request): Promise<string | undefined>
  /**
   * Reads what a device asks for, by the code that it shows. Nobody else's guess is worth anything before it is
   * approved, and each user has a small number of guesses.
   *
   * @param userId who asks, being signed in
   * @returns `undefined` when no device waits with this code
   * @throws ERR_API_RATE_LIMITED after too many codes
   */
  readDevice(userCode: string, userId: string): Promise<DeviceRequest | undefined>
  /** Gives the device what it asks for; answers whether it still waited. @throws ERR_API_RATE_LIMITED */
  approveDevice(userCode: string, answer: SignedIn): Promise<boolean>
  /** Tells the device that it gets nothing; answers whether it still waited. @throws ERR_API_RATE_LIMITED */
  denyDevice(userCode: string, userId: string): Promise<boolean>
}
