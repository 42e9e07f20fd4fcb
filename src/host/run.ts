import { PhylumError } from '#base'
import type { CredentialSource, Fetch, Log } from '#base'
import { startBroker } from '#broker'
import type { Broker } from '#broker'
import type { GrantedPermissions } from '#permissions'
import { PROTOCOL_VERSION } from '#protocol'
import {
  assertHoldable,
  assertWhole,
  explainFailure,
  planBun,
  planDeno,
  putUp,
  startGuest,
  startWatchdog,
  writeGuestFiles,
} from '#sandbox'
import type { Ending, Engine, EngineKind, Guest, LauncherRuntime, Layers, Plan } from '#sandbox'
import { pathToFileURL } from 'node:url'
import { exitCode } from './exit_code.ts'
import { closeProcess } from './harden.ts'
import { createRunDirectory } from './run_directory.ts'
import type { RunDirectory } from './run_directory.ts'
import { forwardSignals } from './signals.ts'

/** What one run needs. */
export interface RunOptions {
  extension: {
    name: string
    directory: string
    /** The module that it begins with. */
    entryPoint: string
    /** What its digest leaves out: it could change unseen, so it must not be loaded either. */
    undigested: string
  }
  granted: GrantedPermissions
  args: readonly string[]
  /** The extension's state directory, which exists; null when it keeps none. */
  stateDirectory: string | null
  engine: Engine & { kind: EngineKind }
  /** What the kernel holds back, and how the wall is put up; null when the user wants none. */
  wall: { layers: Layers; runtime: LauncherRuntime; forget: () => void } | null
  /** Where the programs of the manifest's `run` are, and what these need to be started. */
  programs: readonly string[]
  interpreters: readonly string[]
  workingDirectory: string
  apiOrigin: string
  credential: CredentialSource
  /** Puts the question for a manifest without `[api]` table; the guest is stopped meanwhile. */
  ask: () => Promise<boolean>
  fetch: Fetch
  fetchAlone: Fetch
  /** How long the API may be silent, in milliseconds. */
  timeout: number
  userAgent: string
  /** Where a run directory may be made, in order of preference. */
  runPlaces: readonly string[]
  /** What no extension may read or write, whatever it was granted. */
  denyAccess: readonly string[]
  /** Programs that run with the user's rights. */
  denyWrite: readonly string[]
  environment: Readonly<Record<string, string | undefined>>
  log: Log
}

/**
 * Runs an extension from start to end, and leaves nothing behind.
 *
 * @returns the exit code: the extension's own, or 128 and the signal's number
 * @throws ERR_SANDBOX_START, ERR_HOST_DIRECTORY, and what kept the credential from being used when the extension failed for it
 */
export async function run(options: RunOptions): Promise<number> {
  const closed = [...options.denyAccess, ...options.denyWrite]
  const hasNamespaces = (options.wall?.layers.namespaces ?? null) !== null
  assertHoldable(options.granted, closed, hasNamespaces)
  if (options.engine.kind === 'bun') assertWhole(options.wall?.layers)
  const directory = createRunDirectory(options.runPlaces)
  let broker: Broker | undefined
  try {
    const capability = createCapability()
    const started: { guest?: Guest } = {}
    broker = await startBroker({
      ...options,
      socket: directory.socket,
      capability,
      grant: options.granted.api,
      ask: () => pausing(started.guest, options.ask),
      net: options.granted.net,
    })
    writeGuestFiles(directory.path, {
      version: PROTOCOL_VERSION,
      socket: directory.socket,
      capability,
      apiOrigin: options.apiOrigin,
      name: options.extension.name,
      entryPoint: pathToFileURL(options.extension.entryPoint).href,
      directory: pathToFileURL(`${options.extension.directory}/`).href,
      state: options.stateDirectory,
    })
    const ending = await runEngine(options, directory, started)
    if (ending.failure !== undefined) {
      options.wall?.forget()
      throw explainFailure(ending.failure)
    }
    const failure = broker.credentialError()
    // The extension failed because it had no credential; that is the user's news, not the extension's.
    if (ending.code !== 0 && failure instanceof PhylumError) throw failure
    return exitCode(ending)
  } finally {
    broker?.close()
    directory.remove()
  }
}

/**
 * Runs the engine to its end. Where the root could not be put together, something has changed while that was done, a socket that
 * was to be covered has gone, say; nothing has run then, so it is looked at anew, once.
 */
async function runEngine(
  options: RunOptions,
  directory: RunDirectory,
  started: { guest?: Guest },
): Promise<Ending> {
  let ending: Ending | undefined
  for (let attempt = 0; attempt < 2; attempt++) {
    started.guest = await start(options, directory)
    if (!await closeProcess()) {
      options.log.debug('Other processes of this user can look into this one')
    }
    ending = await attend(started.guest, directory.path)
    const layer = ending.failure?.layer
    if (layer !== 'namespaces' && layer !== 'files') break
  }
  return ending!
}

/** Starts the engine, behind the wall that the kernel puts up. */
async function start(options: RunOptions, directory: RunDirectory): Promise<Guest> {
  const plan: Plan = {
    engine: options.engine.path,
    libraries: options.engine.libraries,
    runDirectory: directory.path,
    socket: directory.socket,
    extensionDirectory: options.extension.directory,
    stateDirectory: options.stateDirectory,
    workingDirectory: options.workingDirectory,
    // Hosts are reached through the broker, which looks at their addresses too; the guest has no network at all.
    granted: { ...options.granted, net: [] },
    programs: options.programs,
    interpreters: options.interpreters,
    denyAccess: [...options.denyAccess, ...directory.others, options.extension.undigested],
    denyWrite: [...options.denyWrite, options.extension.directory],
    args: options.args,
    environment: options.environment,
  }
  const launch = options.engine.kind === 'bun' ? planBun(plan) : planDeno(plan)
  const { wall } = options
  return await startGuest(
    wall === null ? launch : putUp(plan, launch, wall.runtime, wall.layers),
  )
}

/** Waits for the guest's end; whatever it has started ends with it. */
async function attend(guest: Guest, directory: string): Promise<Ending> {
  const stopForwarding = forwardSignals(guest)
  const watchdog = startWatchdog(guest.pid, directory)
  try {
    return await guest.ended
  } finally {
    stopForwarding()
    guest.signal('SIGKILL')
    await watchdog.dismiss()
  }
}

/** Stops the guest while the user is asked, so that the two do not read the same terminal. */
async function pausing(guest: Guest | undefined, ask: () => Promise<boolean>): Promise<boolean> {
  guest?.signal('SIGSTOP')
  try {
    return await ask()
  } finally {
    guest?.signal('SIGCONT')
  }
}

/** Makes the proof by which the broker knows this run's guest: 256 random bits. */
function createCapability(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
