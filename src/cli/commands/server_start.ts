import { display, UsageError } from '#base'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command, Given } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import { DATABASE_OPTION, readDatabase } from '../server_database.ts'
import { readPolicyOption } from '../server_policy.ts'
import { readUrl, URL_OPTION } from '../server_url.ts'
import { SERVING_OPTIONS } from '../serving_options.ts'

/** Port of the embedded server when the user does not say. */
const DEFAULT_PORT = 8476

/** `phylum server start` */
export const serverStart: Command = {
  name: 'server start',
  summary: 'Start the embedded API server',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    {
      name: 'port',
      value: 'N',
      summary: `Port to listen on (default ${DEFAULT_PORT}; 0 takes a free one)`,
    },
    DATABASE_OPTION,
    URL_OPTION,
    {
      name: 'drain',
      value: 'SECONDS',
      summary: 'When asked to stop, answer so much longer, but say at /readyz that it ends',
    },
    {
      name: 'metrics',
      summary: 'Show /metrics to everybody, not only on a loopback address without other names',
    },
    ...SERVING_OPTIONS,
  ],
  examples: [
    ['phylum server start', 'until Ctrl-C; the first start makes an account and shows its key'],
    [
      'phylum server start --port 0 --database ./api.sqlite',
      'on a free port, with a database of its own',
    ],
    [
      'phylum server start --database postgres://phylum@db.example.org/phylum',
      'on PostgreSQL, with the password of PGPASSWORD or ~/.pgpass',
    ],
    [
      'phylum server start --url https://phylum.example.org',
      'behind a load balancer, which speaks https',
    ],
    [
      'phylum server start --policy policy.toml',
      'with a say about the packages that are sent to be analyzed',
    ],
    [
      'phylum server start --fault 429:0.1:retry-after=2,slow:0.2',
      'with answers as on a bad day, for those who write extensions',
    ],
  ],
  async run(context, given) {
    const { terminal } = context
    const port = readPort(given)
    const drain = readDrain(given)
    const publicUrl = readUrl(given)
    const { where, name, isFile } = await readDatabase(given, context)
    const { readServing } = await import('../serving.ts')
    const { log, options, warn } = readServing(given, terminal, 'all')
    const policy = await readPolicyOption(given, context)
    if (isFile) mkdirSync(dirname(where), { recursive: true, mode: 0o700 })
    const { ensureFirstAccount, startServer } = await import('#server')
    const server = await startServer({
      database: where,
      port,
      ...options,
      ...policy,
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...(hasOption(given, 'metrics') ? { isMetricsOpen: true } : {}),
    })
    const account = await ensureFirstAccount(server.store)
    if (account !== undefined) {
      log.say(`Made the account ${account.user.email}. Its API key, shown this once:`)
      terminal.print(account.secret.reveal())
      log.say('Use it with:')
      log.say(`  export PHYLUM_API_URI=${server.url} PHYLUM_API_KEY=…`)
    }
    warn()
    if (publicUrl !== undefined) log.say(`Reached at ${server.url}`)
    log.say(`Listening on ${server.address}, database "${name}"; Ctrl-C stops it`)
    await stopSignal()
    if (drain > 0) {
      log.note(`Stopping in ${drain} s; once more stops it at once`)
      server.drain()
      await Promise.race([delay(drain * 1000), stopSignal()])
    }
    log.note('Stopping')
    await server.stop()
    log.flush()
    return 0
  },
}

/** Longest time between the wish to stop and the end, in seconds. */
const MAX_DRAIN = 3600

function readDrain(given: Given): number {
  const text = textOption(given, 'drain') ?? '0'
  const seconds = /^\d{1,4}(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (seconds <= MAX_DRAIN) return seconds
  throw new UsageError(
    `Option --drain is "${display(text)}", not a number of seconds from 0 to ${MAX_DRAIN}`,
  )
}

function readPort(given: Given): number {
  const text = textOption(given, 'port')
  if (text === undefined) return DEFAULT_PORT
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (port <= 65535) return port
  throw new UsageError(`Option --port is "${display(text)}", not a number from 0 to 65535`)
}

/** Waits until the server is asked to stop. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve())
  })
}
