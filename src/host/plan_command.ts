import { display, PhylumError } from '#base'
import type { Grant } from '#permissions'
import { findPrograms } from '#sandbox'
import type { CommandPlan, Layers, Libraries, NamespaceMaker } from '#sandbox'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Variables that a command gets unasked: where programs are, and what the terminal is like. */
const ENVIRONMENT = ['PATH', 'TERM', 'COLORTERM', 'NO_COLOR', 'COLUMNS', 'LINES']

/** What commands are run in. */
export interface CommandWorld {
  environment: Readonly<Record<string, string | undefined>>
  workingDirectory: string
  home: string
  /** Tells what a program needs beside itself to start. */
  findLibraries(path: string): Promise<Libraries>
  /** What no command may read or write, and what it may not change. */
  denyAccess: readonly string[]
  denyWrite: readonly string[]
  /** Parent of the directories of runs. */
  runs: string
}

/** A wall that can be put up here. */
export interface CommandWall {
  layers: Layers
  /** Forgets what has worked before: the next run tries it again. */
  forget: () => void
}

/** A command, and what it is granted; all of it checked. */
export interface CommandRequest {
  /** A name, or a path. */
  command: string
  args: readonly string[]
  granted: { read: Grant; write: Grant; run: Grant; env: readonly string[]; hasNetwork: boolean }
  /** Whether nothing is granted that is not named: not even what programs of a system need to run. */
  isStrict: boolean
}

/** A command that can be started. */
export interface PlannedCommand {
  plan: CommandPlan
  /** Absolute. */
  command: string
  args: readonly string[]
  environment: Readonly<Record<string, string>>
}

/**
 * Finds a command, and says what the wall around it lets through.
 *
 * @throws ERR_SANDBOX_START when there is no such command
 */
export async function planCommand(
  { command, args, granted, isStrict }: CommandRequest,
  world: CommandWorld,
): Promise<PlannedCommand> {
  const { environment, workingDirectory, denyAccess, denyWrite, runs } = world
  const { programs, interpreters } = findPrograms(
    [
      command.includes('/') ? resolve(workingDirectory, command) : command,
      ...(granted.run === true ? [] : granted.run),
    ],
    environment['PATH'],
  )
  const [path] = programs
  const isFound = path !== undefined && existsSync(path) &&
    (command.includes('/') || path.endsWith(`/${command}`))
  if (!isFound) throw cannotRun(command, 'there is no such command')
  const names = [...(isStrict ? [] : ENVIRONMENT), ...granted.env]
  return {
    plan: {
      programs: [...programs, ...interpreters],
      libraries: await world.findLibraries(path),
      read: granted.read,
      write: granted.write,
      mayRunAll: granted.run === true,
      hasNetwork: granted.hasNetwork,
      isStrict,
      denyAccess,
      denyWrite,
      runs,
      workingDirectory,
    },
    command: path,
    args,
    environment: Object.fromEntries(
      names.map((name) => [name, environment[name]] as const)
        .filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  }
}

/**
 * Refuses a wall that does not hold commands.
 *
 * @throws ERR_SANDBOX_START
 */
export function assertHoldsCommands(
  command: string,
  wall: CommandWall | null,
): asserts wall is CommandWall & { layers: { namespaces: NamespaceMaker } } {
  if (wall !== null && wall.layers.namespaces !== null) return
  throw cannotRun(command, 'only the whole wall holds commands, and there are no namespaces here')
}

/** The error for a command that is not started. */
export function cannotRun(command: string, state: string): PhylumError {
  return new PhylumError('ERR_SANDBOX_START', `Cannot run "${display(command)}": ${state}`, {
    hints: ['`phylum sandbox --check` shows what this machine can enforce'],
  })
}
