import { display, isPhylumError, PhylumError, UsageError } from '#base'
import { runCommand } from '#host'
import { resolvePermissions } from '#permissions'
import type { GrantedPermissions } from '#permissions'
import { findHost, findPrograms } from '#sandbox'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import type { Given } from './command.ts'
import { hasOption, textOptions } from './command.ts'
import type { Context } from './compose.ts'
import { protectedPlaces } from './protected_places.ts'
import { chooseWall, engineCache } from './wall.ts'

/** Variables that a command gets unasked: where programs are, and what the terminal is like. */
const ENVIRONMENT = ['PATH', 'TERM', 'COLORTERM', 'NO_COLOR', 'COLUMNS', 'LINES']

/**
 * Runs a command behind the whole wall.
 *
 * @returns its exit code, 118 where that is 117
 * @throws ERR_SANDBOX_START when it cannot be started, or there is less than the whole wall
 */
export async function runSandboxed(
  context: Context,
  command: string,
  given: Given,
): Promise<number> {
  const { environment, workingDirectory } = context
  const granted = readGrants(context, given)
  const isStrict = hasOption(given, 'strict')
  const { programs, interpreters } = findPrograms(
    [command.includes('/') ? resolve(workingDirectory, command) : command, ...asList(granted.run)],
    environment['PATH'],
  )
  const [path] = programs
  const isFound = path !== undefined && existsSync(path) &&
    (command.includes('/') || path.endsWith(`/${command}`))
  if (!isFound) throw cannotRun(command, 'there is no such command')
  const paths = asList(granted.read).length + asList(granted.write).length
  const wall = await chooseWall(context, { isRefused: false, paths })
  if (wall === null || wall.layers.namespaces === null) {
    throw cannotRun(command, 'only the whole wall holds commands, and there are no namespaces here')
  }
  const names = [...(isStrict ? [] : ENVIRONMENT), ...asList(granted.env)]
  const isWriter = asList(granted.write).length > 0
  return await runCommand({
    plan: {
      programs: [...programs, ...interpreters],
      libraries: (await findHost(path, engineCache(context))).libraries,
      read: asList(granted.read),
      write: asList(granted.write),
      hasNetwork: hasOption(given, 'allow-net'),
      isStrict,
      ...protectedPlaces(context, isWriter),
      runs: `${context.paths.runtimeDirectory ?? '/tmp'}/phylum-${process.geteuid?.() ?? 0}`,
      workingDirectory,
    },
    command: path,
    args: given.rest,
    environment: Object.fromEntries(
      names.map((name) => [name, environment[name]] as const)
        .filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
    wall,
  })
}

/** Reads the options as a manifest is read: the same grammar, and the same refusals. */
function readGrants(context: Context, given: Given): GrantedPermissions {
  const listed = (name: string) => textOptions(given, name)
  try {
    return resolvePermissions(
      {
        permissions: {
          read: listed('allow-read'),
          write: listed('allow-write'),
          env: listed('allow-env'),
          run: listed('allow-run'),
        },
        api: { allow: [] },
      },
      {
        home: context.environment['HOME'] ?? '/',
        workingDirectory: context.workingDirectory,
        isPresent: existsSync,
      },
    )
  } catch (error) {
    if (!isPhylumError(error, 'ERR_PERMISSIONS_VALUE')) throw error
    throw new UsageError(error.message, { cause: error })
  }
}

/** A list is what these options make; `true` can only come from a manifest. */
function asList(grant: true | readonly string[]): readonly string[] {
  return grant === true ? [] : grant
}

function cannotRun(command: string, state: string): PhylumError {
  return new PhylumError('ERR_SANDBOX_START', `Cannot run "${display(command)}": ${state}`, {
    hints: ['`phylum sandbox --check` shows what this machine can enforce'],
  })
}
