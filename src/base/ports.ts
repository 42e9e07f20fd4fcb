import type { Secret } from './secret.ts'

/** Sends a request: the shape of the platform's own `fetch`. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Tells the time, in milliseconds since the epoch. */
export interface Clock {
  now(): number
}

/** Asks the person at the terminal. Without a terminal every method answers `undefined`. */
export interface Prompter {
  /** Asks a yes-or-no question whose default is no. */
  confirm(question: string): Promise<boolean | undefined>
  /** Reads a line that is not shown while it is typed. */
  hidden(question: string): Promise<string | undefined>
  /** Lets choose any number of a list; answers the values that were chosen. */
  choose(question: string, choices: readonly Choice[]): Promise<readonly string[] | undefined>
}

/** One line of a list to choose from. Untrusted text in it must have gone through `display()`. */
export interface Choice {
  value: string
  label: string
  /** Shown beside the label of the line that the cursor is on. */
  hint?: string
}

/** Writes for people, on stderr. Untrusted text in a message must have gone through `display()`. */
export interface Log {
  warn(message: string): void
  note(message: string): void
  /** Shown with `-v`. */
  debug(message: string): void
}

/** What authorizes a request, with the road by which it came. */
export interface Credential {
  /** What stands after `Bearer `. */
  bearer: Secret
  /** Every secret that must never show up in an answer: the bearer, and what it was exchanged from. */
  secrets: readonly Secret[]
}

/** Has a conversation with the user, while whoever shares the terminal stands still. */
export type Aside = <T>(talk: () => Promise<T>) => Promise<T>

/**
 * Gives the credential on first use. Neither a running extension nor the broker knows where it comes from.
 */
export interface CredentialSource {
  /**
   * Resolves the credential; a refresh token is exchanged for an access token here. Where there is none and a terminal, the user
   * logs in.
   *
   * @param aside how to have that conversation; at once unless told
   * @throws ERR_AUTH_REQUIRED when there is none, ERR_AUTH_CREDENTIAL, ERR_AUTH_EXCHANGE, ERR_AUTH_LOGIN
   */
  get(aside?: Aside): Promise<Credential>
  /**
   * Renews a credential that the API answered with 401; concurrent calls share one exchange.
   * Answers `undefined` when it cannot be renewed, as with an API key.
   */
  renew(rejected: Credential): Promise<Credential | undefined>
}
