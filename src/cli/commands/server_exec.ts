import { display, PhylumError, systemCode } from '#base'
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import process from 'node:process'
import type { Command } from '../command.ts'
import { readPolicyOption } from '../server_policy.ts'
import { SERVING_OPTIONS } from '../serving_options.ts'
import { withThrowAwayServer } from '../throw_away_server.ts'

/** `phylum server exec` */
export const serverExec: Command = {
  name: 'server exec',
  summary: 'Run a command against a throw-away server',
  usage: '-- COMMAND [ARGUMENTS]…',
  positionals: { min: 1, max: 1 },
  takesRest: true,
  options: SERVING_OPTIONS,
  examples: [
    ['phylum server exec -- phylum group list', 'an empty account on a free port'],
    ['phylum server exec -- npm test', 'PHYLUM_API_URI and PHYLUM_API_KEY are set for the command'],
    [
      'phylum server exec --fault 503:0.5 -- phylum ext run -y groups',
      'an extension on a bad day',
    ],
  ],
  async run(context, given) {
    const { positionals: [command], rest } = given
    const { readServing } = await import('../serving.ts')
    // The terminal is the command's: a request has a line with `-v`, or where it met a fault.
    const { log, options, warn } = readServing(given, context.terminal, 'none')
    const policy = await readPolicyOption(given, context)
    try {
      return await withThrowAwayServer(
        { ...options, ...policy },
        'server exec',
        async ({ url, key }) => {
          warn()
          return await execute(command!, rest, {
            ...context.environment,
            PHYLUM_API_URI: url,
            PHYLUM_API_KEY: key.reveal(),
          })
        },
      )
    } finally {
      log.flush()
    }
  },
}

/** Runs a command to its end, its terminal being ours. @returns its exit code, or 128 and its signal's number */
async function execute(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env })
  // Ctrl-C goes to the command too, which decides; the server stays until the command has ended.
  const wait = () => {}
  const forward = () => void child.kill('SIGTERM')
  process.on('SIGINT', wait)
  process.on('SIGTERM', forward)
  process.on('SIGHUP', forward)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        const isMissing = systemCode(cause) === 'ENOENT'
        const state = isMissing ? 'there is no such command' : 'it cannot be started'
        reject(
          new PhylumError('ERR_CLI_USAGE', `Cannot run "${display(command)}": ${state}`, { cause }),
        )
      })
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  } finally {
    process.off('SIGINT', wait)
    process.off('SIGTERM', forward)
    process.off('SIGHUP', forward)
  }
}
