import { PhylumError, Secret } from '#base'
import type { ErrorCode } from '#base'
import type { ApiUri, KeyringAccount } from '#config'
import { type Access, type AccessRequest, RefusedToken } from './access_request.ts'
import { classifyCredential } from './credential.ts'

/** What another process is told to do: a request, and how it reaches the login service. */
export interface AccessJob {
  request: AccessRequest
  ignoreCerts: boolean
  /** Longest time for each request, in milliseconds. */
  timeout: number
}

/** What it answers: an access token or an error, and what it would have said. */
export type AccessOutcome =
  & ({ access: Access } | { error: unknown })
  & { warnings: readonly string[] }

/** Writes a job down, secrets included: for a pipe, and for nothing that others can read. */
export function encodeJob({ request, ignoreCerts, timeout }: AccessJob): string {
  const { given, successor } = request
  return JSON.stringify({
    ignoreCerts,
    timeout,
    apiUri: request.apiUri,
    settingsFile: request.settingsFile,
    directory: request.directory,
    source: given.source,
    storedFor: given.storedFor,
    keyring: given.keyring,
    token: given.secret.reveal(),
    rejected: request.rejected?.reveal(),
    successor: successor && { of: successor.of, token: successor.token.reveal() },
    refused: request.refused,
  })
}

/** Reads a job. */
export function decodeJob(text: string): AccessJob {
  const job = JSON.parse(text)
  const secret = Secret.parse(job.token, 'the pipe')
  return {
    ignoreCerts: job.ignoreCerts === true,
    timeout: Number(job.timeout),
    request: {
      apiUri: job.apiUri as ApiUri,
      settingsFile: job.settingsFile,
      directory: job.directory,
      given: {
        kind: classifyCredential(secret, 'the pipe'),
        source: job.source,
        prefix: '****',
        secret,
        storedFor: job.storedFor as ApiUri | undefined,
        keyring: job.keyring as KeyringAccount | undefined,
      },
      rejected: optionalSecret(job.rejected),
      successor: job.successor &&
        { of: job.successor.of, token: optionalSecret(job.successor.token)! },
      refused: job.refused,
    },
  }
}

/** Writes an outcome down, for the same pipe's other way. */
export function encodeOutcome(outcome: AccessOutcome): string {
  const { warnings } = outcome
  if ('error' in outcome) {
    const { error } = outcome
    if (!(error instanceof PhylumError)) return JSON.stringify({ warnings, error: {} })
    const { code, message, hints } = error
    const binding = error instanceof RefusedToken ? error.binding : undefined
    return JSON.stringify({ warnings, error: { code, message, hints, binding } })
  }
  const { credential, isRenewable, staleAt, successor } = outcome.access
  return JSON.stringify({
    warnings,
    access: {
      secrets: credential.secrets.map((each) => each.reveal()),
      isRenewable,
      staleAt,
      successor: successor && { of: successor.of, token: successor.token.reveal() },
    },
  })
}

/** Reads an outcome; answers `undefined` for what is none. */
export function decodeOutcome(text: string): AccessOutcome | undefined {
  let outcome
  try {
    outcome = JSON.parse(text)
  } catch {
    return undefined
  }
  const { warnings, access, error } = outcome
  if (access === undefined) return { warnings, error: decodeError(error) }
  const secrets = access.secrets.map((each: string) => Secret.parse(each, 'the pipe'))
  return {
    warnings,
    access: {
      credential: { bearer: secrets[0], secrets },
      isRenewable: access.isRenewable,
      staleAt: access.staleAt,
      successor: access.successor &&
        { of: access.successor.of, token: optionalSecret(access.successor.token)! },
    },
  }
}

function decodeError(
  error: { code?: ErrorCode; message?: string; hints?: string[]; binding?: string },
): PhylumError {
  const { code = 'ERR_AUTH_EXCHANGE', message, hints = [], binding } = error
  const text = message ?? 'Cannot exchange the refresh token: the reason is unknown'
  return binding === undefined
    ? new PhylumError(code, text, { hints })
    : new RefusedToken(binding, text)
}

function optionalSecret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : Secret.parse(value, 'the pipe')
}
