import { display, UsageError } from '#base'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import type { Command, Given } from '../command.ts'
import { textOption } from '../command.ts'
import { systemClock } from '../platform.ts'
import { DATABASE_OPTION, readDatabase } from '../server_database.ts'
import { readUrl, URL_OPTION } from '../server_url.ts'

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
  ],
  async run(context, given) {
    const { terminal } = context
    const port = readPort(given)
    const { where, name, isFile } = await readDatabase(given, context)
    const publicUrl = readUrl(given)
    if (isFile) mkdirSync(dirname(where), { recursive: true, mode: 0o700 })
    const { ensureFirstAccount, startServer } = await import('#server')
    const server = await startServer({
      database: where,
      port,
      clock: systemClock,
      log: terminal.log,
      ...(publicUrl === undefined ? {} : { publicUrl }),
    })
    const account = await ensureFirstAccount(server.store)
    if (account !== undefined) {
      terminal.say(`Made the account ${account.user.email}. Its API key, shown this once:`)
      terminal.print(account.secret.reveal())
      terminal.say('Use it with:')
      terminal.say(`  export PHYLUM_API_URI=${server.url} PHYLUM_API_KEY=…`)
    }
    if (publicUrl !== undefined) terminal.say(`Reached at ${server.url}`)
    terminal.say(`Listening on ${server.address}, database "${name}"; Ctrl-C stops it`)
    await stopSignal()
    terminal.log.note('Stopping')
    await server.stop()
    return 0
  },
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
