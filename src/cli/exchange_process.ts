import { openExchange } from '#auth'
import type { Access, AccessOutcome, AccessRequest, AccessWorld } from '#auth'
import { isPhylumError } from '#base'
import type { Log } from '#base'
import { withLock } from '#config'
import type { Environment } from '#config'
import { closeProcess } from '#host'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { programDirectory } from './bundled.ts'
import { EXCHANGE_WORD } from './exchange_word.ts'
import { createKeyring } from './keyring.ts'
import { createPlatformFetch, ownCommand, systemClock } from './platform.ts'

/** What is needed here, beside what an exchange needs. */
export interface ExchangeProcessOptions extends AccessWorld {
  ignoreCerts: boolean
  timeout: number
  environment: Environment
}

/**
 * Gets an access token through a process of its own, in a session of its own.
 *
 * Where the provider rotates refresh tokens, there is a moment in which the old one is spent and the new one is in memory alone. Whoever
 * ends phylum in that moment (Ctrl-C, a closed terminal, kill -9, a time limit) would log the user out for good: shown once more, the
 * old one looks stolen. So another process does it, which no signal to this one or to its group reaches, and which ends by itself a
 * moment later.
 *
 * What cannot be held here is the end of that process itself in that moment, as by a power failure or the end of a whole container: the new
 * token is then nowhere. A provider could help by taking the spent token until its successor has been used; few do, and oidc-provider has
 * no such grace.
 *
 * Before that, one process of this machine at a time looks whether another has left an access token.
 */
export async function obtainInProcess(
  request: AccessRequest,
  options: ExchangeProcessOptions,
): Promise<Access> {
  const { directory } = request
  const { LOCK_TIMEOUT, peekAccess, prepareCache } = await openExchange()
  const work = async () => await peekAccess(request, options) ?? await start(request, options)
  if (directory === undefined || !await prepareCache(directory)) return await work()
  try {
    return await withLock(join(directory, 'queue'), work, { timeout: LOCK_TIMEOUT })
  } catch (error) {
    // Nothing can be written there; the exchange itself has another lock.
    if (isPhylumError(error, 'ERR_CONFIG_WRITE')) return await work()
    throw error
  }
}

async function start(request: AccessRequest, options: ExchangeProcessOptions): Promise<Access> {
  const { decodeOutcome, encodeJob, obtainAccess } = await openExchange()
  const answer = await run(
    encodeJob({ request, ignoreCerts: options.ignoreCerts, timeout: options.timeout }),
    options.environment,
  )
  const outcome = answer === undefined ? undefined : decodeOutcome(answer)
  // No other process can be had here, or it was ended itself, so this one takes the risk.
  if (outcome === undefined) return await obtainAccess(request, options)
  for (const warning of outcome.warnings) options.log.warn(warning)
  if ('error' in outcome) throw outcome.error
  return outcome.access
}

/** Starts the process and answers what it wrote; `undefined` when it could not be started. */
function run(job: string, environment: Environment): Promise<string | undefined> {
  const [command, ...words] = ownCommand(programDirectory() === undefined)
  const { PHYLUM_API_KEY: _, ...env } = environment
  return new Promise((resolve) => {
    const child = spawn(command!, [...words, EXCHANGE_WORD], {
      cwd: '/',
      detached: true,
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let answer = ''
    child.stdout.setEncoding('utf8').on('data', (text) => answer += text)
    child.once('error', () => resolve(undefined))
    child.once('close', () => resolve(answer))
    child.stdin.on('error', () => {})
    // The refresh token goes through the pipe: arguments and environment can be read by others.
    child.stdin.end(job)
  })
}

/** Runs as that process: reads a job, does it, and answers. */
export async function serveExchange(
  input: string,
  environment: Environment,
): Promise<string> {
  await closeProcess()
  const warnings: string[] = []
  const log: Log = { warn: (message) => void warnings.push(message), note() {}, debug() {} }
  const { decodeJob, encodeOutcome, obtainAccess } = await openExchange()
  let outcome: AccessOutcome
  try {
    const { request, ignoreCerts, timeout } = decodeJob(input)
    const { fetch } = createPlatformFetch({ ignoreCerts })
    const keyring = createKeyring(environment)
    const access = await obtainAccess(request, { fetch, clock: systemClock, log, keyring, timeout })
    outcome = { access, warnings }
  } catch (error) {
    outcome = { error, warnings }
  }
  return encodeOutcome(outcome)
}
