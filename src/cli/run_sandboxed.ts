import { isPhylumError, UsageError } from '#base'
import { assertHoldsCommands, planCommand, runCommand } from '#host'
import { resolvePermissions } from '#permissions'
import type { GrantedPermissions } from '#permissions'
import { existsSync } from 'node:fs'
import type { Given } from './command.ts'
import { hasOption, textOptions } from './command.ts'
import { commandWorld } from './command_world.ts'
import type { Context } from './compose.ts'
import { protectedPlaces } from './protected_places.ts'
import { chooseWall } from './wall.ts'

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
  const { read, write, run, env } = readGrants(context, given)
  const planned = await planCommand({
    command,
    args: given.rest,
    granted: { read, write, run, env: asList(env), hasNetwork: hasOption(given, 'allow-net') },
    isStrict: hasOption(given, 'strict'),
  }, commandWorld(context, protectedPlaces(context, asList(write).length > 0)))
  const wall = await chooseWall(context, { isRefused: false })
  assertHoldsCommands(command, wall)
  return await runCommand(planned, wall)
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
