import { isPhylumError, PhylumError } from '#base'
import { isReservedVariable, resolvePermissions } from '#permissions'
import type { Grant, GrantedPermissions, PresentPermissions } from '#permissions'
import { findCommand, leaveOutside } from '#sandbox'
import type { Launch } from '#sandbox'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import type { CallFunctions } from './answer_call.ts'
import { assertCovered, assertProgramsCovered, followFar, isBelow } from './assert_covered.ts'
import { readCommandRequest } from './command_request.ts'
import type { AskedCommand } from './command_request.ts'
import { assertHoldsCommands, cannotRun, planCommand } from './plan_command.ts'
import type { CommandWall, CommandWorld, PlannedCommand } from './plan_command.ts'
import { execute, launchOf } from './run_command.ts'
import type { CommandEnd, Execution } from './run_command.ts'
import type { Signals } from './signals.ts'

/** What the commands of a run are held to. */
export interface CommandCallOptions extends PresentPermissions {
  world: CommandWorld
  /** What stays closed to commands outside of the sandbox, beside what is closed to all. */
  closedOutside: readonly string[]
  wall: CommandWall | null
  signals: Signals
  /** What stands in for the host's own streams where a command is to inherit them. */
  inherited: Execution['streams']
}

/** Makes the calls by which an extension has its host run commands. */
export function createCommandCalls(options: CommandCallOptions): CallFunctions {
  const { wall, signals } = options
  return {
    async run_sandboxed(parameters, signal) {
      const asked = readCommandRequest(parameters)
      const planned = await planSandboxed(asked, options)
      assertHoldsCommands(asked.command, wall)
      const end = await execute(() => launchOf(planned, wall), {
        streams: lead(asked.streams, options),
        signals,
        signal,
        forget: wall.forget,
      })
      return {
        ...describeEnd(end),
        signal: signalOf(end)?.[1] ?? null,
        stdout: end.stdout.toString(),
        stderr: end.stderr.toString(),
      }
    },
    async run_outside(parameters, signal) {
      const asked = readCommandRequest(parameters)
      const launch = planOutside(asked, options)
      assertHoldsCommands(asked.command, wall)
      const { namespaces } = wall.layers
      const { workingDirectory, ...places } = options.world
      const directory = resolve(workingDirectory, asked.directory ?? '.')
      if (!existsSync(directory)) throw cannotRun(asked.command, 'its directory is not there')
      const plan = {
        ...places,
        denyAccess: [...places.denyAccess, ...options.closedOutside],
        workingDirectory: directory,
      }
      const end = await execute(() => leaveOutside(plan, launch, namespaces), {
        streams: lead(
          asked.input === null ? asked.streams : ['pipe', asked.streams[1], asked.streams[2]],
          options,
        ),
        ...(asked.input === null ? {} : { input: asked.input }),
        signals,
        signal,
        forget: wall.forget,
      })
      return {
        ...describeEnd(end),
        signal: signalOf(end)?.[0] ?? null,
        stdout: end.stdout.toString('base64'),
        stderr: end.stderr.toString('base64'),
      }
    },
  }
}

/** Leads streams that are inherited to where those of the extension lead. */
function lead(
  [stdin, stdout, stderr]: Execution['streams'],
  { inherited }: CommandCallOptions,
): Execution['streams'] {
  return [
    stdin === 'inherit' ? inherited[0] : stdin,
    stdout === 'inherit' ? inherited[1] : stdout,
    stderr === 'inherit' ? inherited[2] : stderr,
  ]
}

/**
 * Plans a command that runs as if its user had started it, which the manifest must list: it gets their environment, and what the
 * extension sets in it, but for what is phylum's own or changes which code a loader runs.
 *
 * @throws ERR_HOST_REFUSED, ERR_SANDBOX_START
 */
function planOutside(
  { command, args, variables, isClean }: AskedCommand,
  { granted, world: { environment, workingDirectory } }: CommandCallOptions,
): Launch {
  const path = environment['PATH']
  assertProgramsCovered([command], granted.unsandboxedRun, { workingDirectory, path })
  const found = command.includes('/')
    ? resolve(workingDirectory, command)
    : findCommand(command, path)
  if (found === undefined || !existsSync(found)) {
    throw cannotRun(command, 'there is no such command')
  }
  const theirs = Object.entries(isClean ? {} : environment)
    .filter(([name, value]) => value !== undefined && !name.startsWith('PHYLUM_'))
  const added = Object.entries(variables).filter(([name]) => !isReservedVariable(name))
  return {
    command: found,
    args,
    environment: Object.fromEntries([...theirs, ...added] as [string, string][]),
  }
}

/**
 * Plans a command with what it asks for, as far as the extension has that itself: otherwise it would ask in the command's name for
 * what it was not granted.
 *
 * @throws ERR_HOST_REFUSED, ERR_HOST_CALL, ERR_SANDBOX_START
 */
async function planSandboxed(
  { command, args, exceptions, isStrict }: AskedCommand,
  { granted, missing, world }: CommandCallOptions,
): Promise<PlannedCommand> {
  const asked = resolveExceptions(exceptions, world)
  const surroundings = { ...world, path: world.environment['PATH'] }
  assertProgramsCovered([command], granted.run, surroundings)
  assertProgramsCovered(asked.run, granted.run, surroundings)
  assertCovered(asked, {
    ...granted,
    read: withMissing(granted.read, missing.read),
    write: withMissing(granted.write, missing.write),
  })
  const names = asked.env === true ? Object.keys(world.environment) : asked.env
  return await planCommand({
    command,
    args,
    granted: {
      // Lists that are made for several systems name places that are not on this one; there is nothing to grant there.
      read: present(asked.read, granted.read),
      write: present(asked.write, granted.write),
      run: asked.run,
      env: names.filter((name) => !isReservedVariable(name)),
      hasNetwork: asked.net === true,
    },
    isStrict,
  }, world)
}

/** Picks of what is asked for the places that are there, and were when the run began. */
function present(asked: Grant, granted: Grant): Grant {
  if (asked === true) return true
  return asked.filter((path) =>
    existsSync(path) && (granted === true || granted.some((outer) => isBelow(path, outer)))
  )
}

/** What may be asked for: what was not there when the run began, too, though nothing is granted there. */
function withMissing(grant: Grant, missing: readonly string[]): Grant {
  return grant === true || [...grant, ...missing]
}

/** Reads exceptions as a manifest is read: the same grammar, and the same refusals. */
function resolveExceptions(
  exceptions: AskedCommand['exceptions'],
  { home, workingDirectory }: CommandWorld,
): GrantedPermissions {
  try {
    const asked = resolvePermissions(
      { permissions: exceptions, api: { allow: [] } },
      { home, workingDirectory, realPath: followFar },
    )
    if (asked.net === true || asked.net.length === 0) return asked
  } catch (error) {
    if (!isPhylumError(error, 'ERR_PERMISSIONS_VALUE')) throw error
    throw new PhylumError('ERR_HOST_CALL', error.message, { cause: error })
  }
  throw new PhylumError(
    'ERR_HOST_CALL',
    'Cannot run a command: exceptions.net is a list, and a command has all of the network or none',
  )
}

function describeEnd({ code }: CommandEnd): { success: boolean; code: number } {
  return { success: code === 0, code }
}

/** Tells which signal has ended a command: what holds its namespaces together says so by its code, as shells do. */
function signalOf({ code }: CommandEnd): [name: string, number: number] | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)
}
