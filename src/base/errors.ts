/**
 * Every way in which phylum fails, by name. The second word is the room that raises it; codes are API, wording is not.
 */
export const ERROR_CODES = [
  'ERR_UNEXPECTED',
  'ERR_CLI_USAGE',
  'ERR_CLI_CANCELLED',
  'ERR_CLI_CONFIRMATION',
  'ERR_CLI_OUTPUT',
  'ERR_CLI_ORGANIZATION',
  'ERR_CONFIG_SYNTAX',
  'ERR_CONFIG_TYPE',
  'ERR_CONFIG_URI',
  'ERR_CONFIG_READ',
  'ERR_CONFIG_WRITE',
  'ERR_CONFIG_LOCKED',
  'ERR_AUTH_REQUIRED',
  'ERR_AUTH_FAILED',
  'ERR_AUTH_CREDENTIAL',
  'ERR_AUTH_EXCHANGE',
  'ERR_AUTH_LOGIN',
  'ERR_AUTH_EXPIRY',
  'ERR_AUTH_KEYRING',
  'ERR_PERMISSIONS_VALUE',
  'ERR_REGISTRY_MANIFEST',
  'ERR_REGISTRY_PATH',
  'ERR_REGISTRY_NOT_FOUND',
  'ERR_REGISTRY_NAME',
  'ERR_REGISTRY_INTEGRITY',
  'ERR_REGISTRY_UNREACHABLE',
  'ERR_REGISTRY_LOCK',
  'ERR_REGISTRY_EXISTS',
  'ERR_REGISTRY_TRUST',
  'ERR_REGISTRY_SOURCE',
  'ERR_BROKER_REQUEST',
  'ERR_BROKER_METHOD',
  'ERR_BROKER_CAPABILITY',
  'ERR_BROKER_DENIED',
  'ERR_BROKER_HOST',
  'ERR_BROKER_ADDRESS',
  'ERR_BROKER_REDIRECT',
  'ERR_BROKER_CONNECT',
  'ERR_BROKER_DNS',
  'ERR_BROKER_TLS',
  'ERR_BROKER_TIMEOUT',
  'ERR_BROKER_RESPONSE',
  'ERR_BROKER_BUSY',
  'ERR_API_STATUS',
  'ERR_API_FORBIDDEN',
  'ERR_API_NOT_FOUND',
  'ERR_API_EXISTS',
  'ERR_API_NO_HISTORY',
  'ERR_API_RATE_LIMITED',
  'ERR_API_RESPONSE',
  'ERR_SANDBOX_ENGINE',
  'ERR_SANDBOX_START',
  'ERR_HOST_DIRECTORY',
  'ERR_HOST_CALL',
  'ERR_HOST_REFUSED',
  'ERR_SERVER_PORT',
  'ERR_SERVER_DATABASE',
  'ERR_SERVER_REQUEST',
  'ERR_SERVER_EXPORT',
  'ERR_SERVER_IMPORT',
  'ERR_SERVER_POLICY',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** What may accompany an error: what to do next, and what caused it. */
export interface ErrorDetails {
  /** Hints in order of likelihood, each one line that can be acted upon. */
  hints?: readonly string[]
  /** The platform's own error, shown with `-v` and never sent across the wire. */
  cause?: unknown
}

/** A failure that phylum understands: a stable code, a sentence, and what to do about it. */
export class PhylumError extends Error {
  readonly code: ErrorCode
  readonly hints: readonly string[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'PhylumError'
    this.code = code
    this.hints = details.hints ?? []
  }
}

/** Wrong use of the command line; the terminal prints the usage line with it. */
export class UsageError extends PhylumError {
  /** The usage line of the command that was meant, if it is known. */
  readonly usage: string | undefined

  constructor(message: string, details: ErrorDetails & { usage?: string } = {}) {
    super('ERR_CLI_USAGE', message, details)
    this.name = 'UsageError'
    this.usage = details.usage
  }
}

/** Answers whether a value is a PhylumError, optionally one with the given code. */
export function isPhylumError(value: unknown, code?: ErrorCode): value is PhylumError {
  return value instanceof PhylumError && (code === undefined || value.code === code)
}

/** Answers the system's error code ("ENOENT", "EACCES", …) of a failed file or socket call. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
