import { display, fileUrl, PhylumError, systemCode } from '#base'
import type { Log } from '#base'
import { startBroker } from '#broker'
import type { Broker } from '#broker'
import { EXIT_UNREAD, PLACEHOLDER_PREFIX, PROTOCOL_VERSION } from '#protocol'
import type { RunDescription } from '#protocol'
import {
  assertHoldable,
  assertWhole,
  explainFailure,
  linkModules,
  planBun,
  planDeno,
  putUp,
  scratchOf,
  startGuest,
  startWatchdog,
  writeGuestFiles,
} from '#sandbox'
import type { Ending, Guest, Plan, RunWatchdog } from '#sandbox'
import { dirname, join } from 'node:path'
import { createCalls } from './calls.ts'
import type { Calls } from './calls.ts'
import { createCommandCalls } from './command_calls.ts'
import { exitCode } from './exit_code.ts'
import { openGuestTerminal } from './guest_terminal.ts'
import type { GuestTerminal } from './guest_terminal.ts'
import { closeProcess } from './harden.ts'
import { watchOutput } from './output.ts'
import type { OutputWatch } from './output.ts'
import { createRunDirectory } from './run_directory.ts'
import type { RunDirectory } from './run_directory.ts'
import type { RunOptions } from './run_options.ts'
import { catchSignals } from './signals.ts'
import type { Signals } from './signals.ts'

/** Where an extension's `localStorage` lies in its state directory. */
const STORAGE_FILE = 'local_storage.sqlite'

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
  const signals = catchSignals(options.stop)
  let directory: RunDirectory | undefined
  let watchdog: RunWatchdog | undefined
  let broker: Broker | undefined
  let calls: Calls | undefined
  let terminal: GuestTerminal | undefined
  try {
    directory = createRunDirectory(options.runPlaces)
    watchdog = startWatchdog(directory.path)
    const capability = createCapability()
    // Of its own: extensions show it to other hosts, which are not to learn the capability from it.
    const placeholder = PLACEHOLDER_PREFIX + createCapability()
    const started: { guest?: Guest } = {}
    const shown = terminal = await openGuestTerminal(options.terminals, options.log)
    signals.onResize(shown.resize)
    const commands = createCommandCalls({
      granted: options.granted,
      missing: options.missing,
      world: {
        ...options,
        ...options.commands,
        denyAccess: [...options.denyAccess, options.extension.undigested],
        denyWrite: [...options.denyWrite, options.extension.directory],
        runs: dirname(directory.path),
      },
      closedOutside: options.commands.closedOutside,
      wall: options.wall,
      signals,
      inherited: shown.streams,
    })
    const functions = { ...commands, ...options.functions }
    calls = createCalls({ functions, capability, log: options.log })
    broker = await startBroker({
      ...options,
      answerCall: calls.answer,
      socket: directory.socket,
      capability,
      placeholder,
      grant: options.granted.api,
      ask: () => pausing(started.guest, shown, options.ask),
      credential: {
        get: () => options.credential.get((talk) => pausing(started.guest, shown, talk)),
        renew: (rejected) => options.credential.renew(rejected),
      },
      net: options.granted.net,
    })
    writeGuestFiles(directory.path, {
      version: PROTOCOL_VERSION,
      socket: directory.socket,
      capability,
      placeholder,
      apiOrigin: options.apiOrigin,
      name: options.extension.name,
      entryPoint: options.tests === undefined ? fileUrl(options.extension.entryPoint) : null,
      directory: fileUrl(`${options.extension.directory}/`),
      unsandboxedRun: options.granted.unsandboxedRun,
      state: options.stateDirectory,
      storage: options.stateDirectory === null || !options.extension.isInstalled
        ? null
        : join(options.stateDirectory, STORAGE_FILE),
      permissions: options.extension.permissions,
      missing: options.missing.write,
      ...describeModules(options),
    })
    const { modules } = options.extension
    if (modules !== null && options.engine.kind === 'deno') linkModules(directory.path, modules)
    if (signals.asked !== undefined) return exitCode({ code: null, signal: signals.asked })
    const { ending, isUnread } = await runEngine(options, directory, {
      signals,
      watchdog,
      started,
      calls,
      terminal,
    })
    // What it has written comes before what is said of its end.
    await terminal.close()
    if (ending.failure !== undefined) {
      options.wall?.forget()
      throw explainFailure(ending.failure)
    }
    if (isUnread) return EXIT_UNREAD
    if (ending.signal !== null && signals.asked === undefined) {
      options.log.warn(`extension "${options.extension.name}" was ended by ${ending.signal}`)
    }
    const failure = broker.credentialError()
    // The extension failed because it had no credential; that is the user's news, not the extension's.
    if (ending.code !== 0 && failure instanceof PhylumError) throw failure
    return exitCode(ending)
  } finally {
    broker?.close()
    await calls?.close()
    await terminal?.close()
    remove(directory, options.log)
    await watchdog?.dismiss()
    signals.release()
  }
}

/** Says what the guest has to know of modules from elsewhere. */
function describeModules(
  { extension, engine, granted, environment }: RunOptions,
): Pick<RunDescription, 'modules' | 'remedy' | 'home'> {
  const { modules, remedy } = extension
  const isHomeGranted = granted.env === true || granted.env.includes('HOME')
  return {
    remedy,
    modules: modules === null || engine.kind === 'deno' ? null : modules.directory,
    ...(modules !== null && engine.kind === 'deno' && isHomeGranted
      ? { home: environment['HOME'] ?? null }
      : {}),
  }
}

/**
 * Runs the engine to its end. Where the root could not be put together, something has changed while that was done, a socket that
 * was to be covered has gone, say; nothing has run then, so it is looked at anew, once.
 */
async function runEngine(
  options: RunOptions,
  directory: RunDirectory,
  { signals, watchdog, started, calls, terminal }: Live,
): Promise<{ ending: Ending; isUnread: boolean }> {
  for (let isLast = false;; isLast = true) {
    const guest = await start(options, directory, terminal)
    watchdog.guard(guest.pid)
    signals.follow(guest)
    started.guest = guest
    // Made while the guest starts, and so for nothing: a guest that is faster waits for them.
    if (!isLast) await calls.listen(scratchOf(directory.path))
    if (!await closeProcess()) {
      options.log.debug('Other processes of this user can look into this one')
    }
    const output = watchOutput(guest)
    const ending = await attend(guest, output)
    signals.leave(guest)
    const layer = ending.failure?.layer
    if (isLast || (layer !== 'namespaces' && layer !== 'files')) {
      return { ending, isUnread: output.isUnread }
    }
  }
}

/** What accompanies a guest through its life. */
interface Live {
  signals: Signals
  watchdog: RunWatchdog
  started: { guest?: Guest }
  calls: Calls
  terminal: GuestTerminal
}

/** Starts the engine, behind the wall that the kernel puts up. */
async function start(
  options: RunOptions,
  directory: RunDirectory,
  { streams }: GuestTerminal,
): Promise<Guest> {
  const plan: Plan = {
    engine: options.engine.path,
    libraries: options.engine.libraries,
    runDirectory: directory.path,
    socket: directory.socket,
    extensionDirectory: options.extension.directory,
    modules: options.extension.modules,
    stateDirectory: options.stateDirectory,
    workingDirectory: options.workingDirectory,
    // Hosts are reached through the broker, which looks at their addresses too; the guest has no network at all.
    granted: { ...options.granted, net: [] },
    // Without a wall, what appears there later could be read.
    missing: options.wall === null ? [] : options.missing.read,
    programs: options.programs,
    interpreters: options.interpreters,
    denyAccess: [...options.denyAccess, ...directory.others, options.extension.undigested],
    denyWrite: [
      ...options.denyWrite,
      options.extension.directory,
      ...(options.extension.modules === null ? [] : [options.extension.modules.directory]),
    ],
    tests: options.tests,
    args: options.args,
    environment: options.environment,
  }
  const launch = options.engine.kind === 'bun' ? planBun(plan) : planDeno(plan)
  const { wall } = options
  return await startGuest(
    wall === null ? launch : putUp(plan, launch, wall.layers),
    streams,
  )
}

/** Waits for the guest's end; whatever it has started ends with it. */
async function attend(guest: Guest, output: OutputWatch): Promise<Ending> {
  try {
    return await guest.ended
  } finally {
    output.stop()
    guest.signal('SIGKILL')
  }
}

/** Removes the directory of a run that has ended. How it has ended is the news, even if this fails. */
function remove(directory: RunDirectory | undefined, log: Log): void {
  try {
    directory?.remove()
  } catch (error) {
    const state = systemCode(error) ?? 'unknown error'
    log.warn(`"${display(directory?.path ?? '')}" is left to the next run to remove: ${state}`)
  }
}

/** Stops the guest while the host talks to the user, so that the two neither read nor write the same terminal. */
async function pausing<T>(
  guest: Guest | undefined,
  terminal: GuestTerminal,
  talk: () => Promise<T>,
): Promise<T> {
  await guest?.pause()
  try {
    return await terminal.aside(talk)
  } finally {
    guest?.signal('SIGCONT')
  }
}

/** Makes the proof by which the broker knows this run's guest: 256 random bits. */
function createCapability(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
