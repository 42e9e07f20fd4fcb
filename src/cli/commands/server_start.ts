import { display, UsageError } from '#base'
import { mkdirSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import process from 'node:process'
import type { Command, Given } from '../command.ts'
import { textOption } from '../command.ts'
import { systemClock } from '../platform.ts'

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
    {
      name: 'database',
      value: 'FILE',
      summary: 'Database file (default server.sqlite in the data directory)',
    },
    {
      name: 'url',
      value: 'URL',
      summary: 'Where the server is reached, if by way of a load balancer',
    },
  ],
  examples: [
    ['phylum server start', 'until Ctrl-C; the first start makes an account and shows its key'],
    [
      'phylum server start --port 0 --database ./api.sqlite',
      'on a free port, with a database of its own',
    ],
    [
      'phylum server start --url https://phylum.example.org',
      'behind a load balancer, which speaks https',
    ],
  ],
  async run(context, given) {
    const { terminal } = context
    const port = readPort(given)
    const database = readDatabase(
      textOption(given, 'database'),
      context.paths.dataDirectory,
      context.workingDirectory,
    )
    const publicUrl = readUrl(given)
    mkdirSync(dirname(database), { recursive: true, mode: 0o700 })
    const { ensureFirstAccount, startServer } = await import('#server')
    const server = await startServer({
      database,
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
    terminal.say(`Listening on ${server.address}, database "${display(database)}"; Ctrl-C stops it`)
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

/**
 * Reads where people reach the server. Keys and passwords travel there: in the clear they do so on this machine alone.
 *
 * @throws UsageError
 */
function readUrl(given: Given): string | undefined {
  const text = textOption(given, 'url')
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isOrigin = url !== null && text.replace(/\/$/, '').toLowerCase() === url.origin
  if (!isOrigin || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Option --url is "${display(text)}", not an address like https://phylum.example.org`,
    )
  }
  if (url.protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)) {
    throw new UsageError(`Option --url is "${display(text)}": it must begin with https`, {
      hints: ['let the load balancer speak https; keys would cross the network in the clear'],
    })
  }
  return url.origin
}

/** Reads where the server keeps its data. */
export function readDatabase(
  text: string | undefined,
  dataDirectory: string,
  workingDirectory: string,
): string {
  if (text === undefined) return join(dataDirectory, 'server.sqlite')
  if (text === '') throw new UsageError('Option --database is empty')
  return isAbsolute(text) ? text : join(workingDirectory, text)
}

/** Waits until the server is asked to stop. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve())
  })
}
