import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ROOT } from '../harness/phylum.ts'
import { installSandboxRuntime } from './sandbox_runtime.ts'
import { timeInTurns, watchMemory } from './spawn.ts'
import type { Peak } from './spawn.ts'
import { BUN_EXTENSION, DIRECT, EMPTY, EXTENSION, HOSTS, PLAIN } from './world.ts'
import type { Command, World } from './world.ts'

/** How much is measured. */
export interface Effort {
  /** Runs of each whole process. */
  rounds: number
  /** Blocks of requests, and of long bodies, on each road. */
  blocks: number
  /** Requests in one block. */
  requests: number
  /** Length of one long body, in bytes. */
  bytes: number
}

/** Name of a way to start phylum. */
export type Host = keyof typeof HOSTS

export const HOST_NAMES = Object.keys(HOSTS) as Host[]

const RUN_GROUPS = ['ext', 'run', '-y', 'groups']

/** Times of whole processes, in milliseconds, round by round. */
export interface ProcessTimes {
  /** The request of the extension `groups`: phylum in each form, a plain script, and an engine that does nothing. */
  run: Record<Host | 'plain' | 'empty' | 'unwalled' | 'bunEngine', number[]>
  /** The executable's commands with no extension installed, and with many. */
  crowd: Record<CrowdCommand, { none: number[]; many: number[] }>
  peaks: Record<Host | 'plain', Peak>
  /** A command that does nothing, in one sandbox and another; none of those that are not here. */
  commands: { phylum: number[]; bwrap?: number[]; srt?: number[] }
  /** Version of Anthropic's sandbox-runtime, or why it was not measured. */
  srt: string
}

/** What is started with and without installed extensions. */
export const CROWD_COMMANDS = {
  version: ['--version'],
  help: ['--help'],
  list: ['ext', 'list'],
  complete: ['__complete', '=', 'ext', 'run'],
  run: RUN_GROUPS,
} as const satisfies Record<string, readonly string[]>

export type CrowdCommand = keyof typeof CROWD_COMMANDS

/** Measures whole processes. */
export async function measureProcesses(world: World, effort: Effort): Promise<ProcessTimes> {
  const start = (host: Host): Command => world.command([...HOSTS[host], ...RUN_GROUPS])
  const commands = {
    executable: start('executable'),
    bun: start('bun'),
    deno: start('deno'),
    plain: world.command(PLAIN),
  }
  const run = await timeInTurns({
    ...commands,
    empty: world.command(EMPTY),
    unwalled: world.command([...HOSTS.executable, 'ext', 'run', '--no-wall', '-y', 'groups']),
    bunEngine: world.command([...HOSTS.executable, 'ext', 'run', '-y', BUN_EXTENSION]),
  }, effort.rounds)
  const crowd = {} as ProcessTimes['crowd']
  for (const [name, words] of Object.entries(CROWD_COMMANDS)) {
    const line = [...HOSTS.executable, ...words]
    crowd[name as CrowdCommand] = await timeInTurns(
      { none: world.command(line), many: world.crowded(line) },
      effort.rounds,
    )
  }
  const peaks = {} as ProcessTimes['peaks']
  for (const [name, command] of Object.entries(commands)) {
    peaks[name as Host | 'plain'] = (await watchMemory(command, 1)).peak
  }
  return { run, crowd, peaks, ...await measureCommands(world, effort) }
}

/** Measures `true` in `phylum sandbox`, in the bare program that makes namespaces, and in Anthropic's sandbox-runtime. */
async function measureCommands(
  world: World,
  { rounds }: Effort,
): Promise<Pick<ProcessTimes, 'commands' | 'srt'>> {
  const runtime = installSandboxRuntime()
  try {
    const bwrap = ['/usr/bin/bwrap', '--unshare-all', '--ro-bind', '/', '/', 'true']
    const named: Record<string, Command> = {
      phylum: world.command([...HOSTS.executable, 'sandbox', '--', 'true']),
    }
    if (existsSync(bwrap[0]!)) named['bwrap'] = world.command(bwrap)
    if (runtime.words !== null) {
      const { environment, ...command } = world.command([...runtime.words, 'true'])
      // The programs that it needs may lie anywhere.
      named['srt'] = {
        ...command,
        environment: { ...environment, PATH: process.env['PATH'] ?? '' },
      }
    }
    const commands = await timeInTurns(named, rounds) as ProcessTimes['commands']
    return { commands, srt: runtime.about }
  } finally {
    runtime.remove()
  }
}

/** Milliseconds of each block by road; the blocks of one index were measured one after the other. */
export interface Roads {
  direct: number[]
  brokered: number[]
}

/** What is measured inside the sandbox, for one host. */
export interface RequestTimes {
  one: Roads
  many: Roads
  download: Roads
  upload: Roads
  /** Largest memory of the host while the long bodies passed through it, in bytes. */
  bulkPeak: number
}

/** How often each road is taken by a process of its own. */
const TURNS = 4

/** How many requests are under way at once in `many`. */
export const IN_FLIGHT = 32

/** Measures `api.fetch` against `fetch` in the same guest, for each kind of host. */
export async function measureRequests(
  world: World,
  effort: Effort,
): Promise<Record<'executable' | 'deno', RequestTimes>> {
  const { blocks, requests, bytes } = effort
  await using bulk = await startBulkServer()
  const measure = async (host: Host, origin: string, work: Record<string, unknown>) => {
    const at = (command: Command): Command => ({
      ...command,
      environment: { ...command.environment, PHYLUM_API_URI: origin },
    })
    const commands = {
      direct: at(world.command([...DIRECT, JSON.stringify({ ...work, origin, key: world.key })])),
      brokered: at(
        world.command([...HOSTS[host], 'ext', 'run', '-y', EXTENSION, JSON.stringify(work)]),
      ),
    }
    const roads: Roads = { direct: [], brokered: [] }
    let peak = 0
    // Each road in a process of its own, in turns: behind the wall there is no other road than the broker's.
    for (let turn = 0; turn < TURNS; turn++) {
      const order = ['direct', 'brokered'] as const
      for (const road of turn % 2 === 0 ? order : order.toReversed()) {
        const watched = await watchMemory(commands[road], 20)
        roads[road].push(...JSON.parse(watched.output) as number[])
        if (road === 'brokered') peak = Math.max(peak, watched.peak.own)
      }
    }
    return { roads, peak }
  }
  const all = async (host: Host): Promise<RequestTimes> => {
    const count = { what: 'requests', requests, blocks, warmUp: requests }
    const long = { bytes, blocks: 1, warmUp: 16 * 1024 * 1024 }
    const one = await measure(host, world.apiOrigin, { ...count, inFlight: 1 })
    const many = await measure(host, world.apiOrigin, { ...count, inFlight: IN_FLIGHT })
    const download = await measure(host, bulk.origin, { ...long, what: 'download' })
    const upload = await measure(host, bulk.origin, { ...long, what: 'upload' })
    return {
      one: one.roads,
      many: many.roads,
      download: download.roads,
      upload: upload.roads,
      bulkPeak: Math.max(download.peak, upload.peak),
    }
  }
  return { executable: await all('executable'), deno: await all('deno') }
}

/** Starts the server for long bodies; it ends with its standard input. */
async function startBulkServer(): Promise<AsyncDisposable & { origin: string }> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'test/bench/bulk_server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  reader.releaseLock()
  return {
    origin: new TextDecoder().decode(value).trim(),
    async [Symbol.asyncDispose]() {
      await child.stdin.end()
      await child.exited
    },
  }
}
