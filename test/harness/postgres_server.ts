import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { ASIDE, findPostgres, NOBODY } from './postgres_binaries.ts'

/** A PostgreSQL server of its own: a real one, on a socket in a directory that nobody else can enter. */
export interface PostgresServer {
  directory: string
  start(): Promise<void>
  /** @param mode "fast" cuts the connections and ends in order, "immediate" ends as a crash would */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  /** Kills the server with SIGKILL; its helpers notice, and end. */
  kill(): void
  /** Stops its processes where they are, and lets them go on. */
  freeze(): Promise<void>
  thaw(): void
  remove(): Promise<void>
}

// A commit is not flushed to the disk: no test takes the power away, and what is killed loses nothing that the system has.
const OPTIONS = '-F -c full_page_writes=off -c listen_addresses= -c shared_buffers=32MB'

/**
 * Ends the server and removes its directory when the tests have ended, whichever way. It asks for the process, and not
 * for the end of a pipe, because Deno closes the pipes of a test file together with the file.
 */
const WATCHDOG = `while kill -0 "$1" 2>/dev/null; do sleep 0.5; done
shift; directory=$1; shift; "$@" >/dev/null 2>&1; rm -rf "$directory"
# What a killed server has started may write once more before it ends.
sleep 1; rm -rf "$directory"`

/** Gives the URL of a database of the server whose socket lies in a directory. */
export function urlOf(directory: string, database: string): string {
  return `postgres://phylum@/${database}?host=${encodeURIComponent(directory)}`
}

/**
 * Makes a server and starts it.
 *
 * @param options.password of its user, without which it lets nobody in; otherwise it asks for none
 * @returns the server, or the reason why there can be none here
 */
export async function startPostgres(
  options: { password?: string } = {},
): Promise<PostgresServer | string> {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-pg-'))
  const isRoot = ASIDE.length > 0
  if (isRoot) chownSync(directory, NOBODY, NOBODY)
  const give = (reason: string) => {
    rmSync(directory, { recursive: true, force: true })
    return reason
  }
  if (isRoot && spawnSync('setpriv', ['--version']).error !== undefined) {
    return give(
      'PostgreSQL refuses to run as root, and there is no setpriv to become somebody else',
    )
  }
  const binaries = findPostgres(directory)
  if (binaries === undefined) {
    return give('PostgreSQL is not installed: run npm install, or apt-get install postgresql')
  }
  const data = join(directory, 'data')
  const control = [...ASIDE, join(binaries, 'pg_ctl'), '-D', data]
  const { password } = options
  const passwordFile = join(directory, 'password')
  if (password !== undefined) writeFileSync(passwordFile, password)
  await run([
    ...[...ASIDE, join(binaries, 'initdb'), '-D', data, '-U', 'phylum'],
    ...(password === undefined
      ? ['-A', 'trust']
      : ['-A', 'scram-sha-256', '--pwfile', passwordFile]),
    ...['-E', 'UTF8', '--locale=C', '--no-sync'],
  ])
  const watchdog = spawn(
    'sh',
    ['-c', WATCHDOG, 'sh', `${process.pid}`, directory, ...control, '-m', 'immediate', 'stop'],
    { detached: true, stdio: 'ignore' },
  )
  watchdog.unref()
  let frozen: number[] = []
  const server: PostgresServer = {
    directory,
    async start() {
      const log = join(directory, 'log')
      const words = [...control, '-w', '-s', '-l', log, '-o', `${OPTIONS} -k ${directory}`, 'start']
      // After a kill there may still be helpers of the old server, which end by themselves.
      for (let attempt = 0; attempt < 20; attempt++) {
        const isStarted = await run(words).then(() => true, () => false)
        if (isStarted) return
        await delay(100)
      }
      await run(words)
    },
    stop: (mode = 'fast') => run([...control, '-w', '-s', '-m', mode, 'stop']),
    kill() {
      process.kill(readPid(data), 'SIGKILL')
    },
    async freeze() {
      frozen = [readPid(data), ...await listBackends(directory)]
      for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    },
    thaw() {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
      frozen = []
    },
    async remove() {
      await server.stop('immediate').catch(() => {})
      rmSync(directory, { recursive: true, force: true })
      watchdog.kill()
    },
  }
  await server.start()
  return server
}

function readPid(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Lists the processes that serve clients. */
async function listBackends(directory: string): Promise<number[]> {
  const client = new pg.Client(urlOf(directory, 'postgres'))
  await client.connect()
  const { rows } = await client.query(
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  await client.end()
  return rows.map(({ pid }) => pid)
}

/** Runs a command to its end; its output is told only where it fails. */
async function run(words: readonly string[]): Promise<void> {
  const child = spawn(words[0] ?? '', words.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr.on('data', (chunk) => text += chunk)
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    // Not "close": the server that `pg_ctl` leaves behind would hold an inherited pipe open.
    child.on('exit', resolve)
  })
  child.stderr.destroy()
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${text}`)
}
