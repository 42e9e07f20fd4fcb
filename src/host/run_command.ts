import { enclose, explainFailure, scopeOfCommand, startCommandWatchdog, startGuest } from '#sandbox'
import type { CommandPlan, LauncherRuntime, Layers } from '#sandbox'
import { exitCode } from './exit_code.ts'
import { catchSignals } from './signals.ts'

/** Exit code of a command that could not be started; one that ends with it by itself is told apart by the next. */
const EXIT_NOT_STARTED = 117
const EXIT_TAKEN = 118

/** What one command needs. */
export interface CommandOptions {
  plan: CommandPlan
  /** The command, absolute, and its arguments. */
  command: string
  args: readonly string[]
  environment: Readonly<Record<string, string>>
  wall: { layers: Layers; runtime: LauncherRuntime; forget: () => void }
}

/**
 * Runs a command behind the wall from start to end; whatever it has started ends with it.
 *
 * @returns its exit code, 118 where that is 117, or 128 and the signal's number
 * @throws ERR_SANDBOX_START
 */
export async function runCommand(options: CommandOptions, isSecond = false): Promise<number> {
  const { plan, command, args, environment, wall } = options
  const scope = scopeOfCommand(plan)
  const guest = await startGuest(
    enclose(scope, { command, args, environment }, wall.runtime, wall.layers),
  )
  const signals = catchSignals()
  signals.follow(guest)
  const watchdog = startCommandWatchdog(guest.pid)
  try {
    const ending = await guest.ended
    if (ending.failure !== undefined) {
      const { layer } = ending.failure
      // Something has gone while the root was put together; nothing has run, so it is looked at anew, once.
      if (!isSecond && (layer === 'namespaces' || layer === 'files')) {
        return await runCommand(options, true)
      }
      wall.forget()
      throw explainFailure(ending.failure)
    }
    const code = exitCode(ending)
    return code === EXIT_NOT_STARTED ? EXIT_TAKEN : code
  } finally {
    signals.release()
    guest.signal('SIGKILL')
    await watchdog.dismiss()
  }
}
