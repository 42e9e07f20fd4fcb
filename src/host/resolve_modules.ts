import { display, PhylumError } from '#base'
import type { Log } from '#base'
import { startModuleRelay } from '#broker'
import type { ModuleAccess, ModuleRelay } from '#broker'
import {
  explainResolution,
  keepCovered,
  tidyCache,
  writeModuleRecord,
  writeModuleTree,
} from '#registry'
import {
  LOCK_FILE,
  planInspection,
  planResolution,
  REGISTRIES_FILE,
  startWatchdog,
  writeImportMap,
} from '#sandbox'
import type { Engine, EngineKind, Launch, Layers, Plan, Resolution, RunWatchdog } from '#sandbox'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hearEngine } from './hear_engine.ts'
import { createRunDirectory } from './run_directory.ts'
import type { RunDirectory } from './run_directory.ts'
import { catchSignals } from './signals.ts'
import type { Signals } from './signals.ts'

/** What the resolution of an extension's modules needs. */
export interface ResolveModulesOptions {
  /** Directory of the extension, without links. */
  directory: string
  /** Modules that it begins with; absolute. */
  entryPoints: readonly string[]
  /** The engine that it runs in. */
  kind: EngineKind
  /** Where the modules go: a directory that exists, is empty and without links. */
  destination: string
  /** The author's lock file; null where there is none. What it says holds. */
  lockFile: string | null
  /** Whether it has to say all of it; otherwise what is new is added to the one that is kept. */
  isFrozen: boolean
  /** The engine that resolves: Deno, whatever the extension runs in. */
  deno: Engine
  wall: { layers: Layers; forget: () => void } | null
  /** Where a run directory may be made, in order of preference. */
  runPlaces: readonly string[]
  /** What stays closed to whatever the engine could be made to do. */
  denyAccess: readonly string[]
  denyWrite: readonly string[]
  /** Where registries are, as npm's settings say it; without credentials. */
  registries: string
  /** For how many days versions of packages wait before they are used; null for as long as the engine wants. */
  minimumAge: number | null
  access: (url: URL) => ModuleAccess
  /** Hosts of the manifest's `net`. */
  net: true | readonly string[]
  /** Where JSR is; null for its usual place. */
  jsrUrl: string | null
  /** Whether types are fetched and kept as well, and all of it so that Deno finds it, whose compiler checks them for both engines. */
  hasTypes: boolean
  /** How long a host may be silent, in milliseconds. */
  timeout: number
  log: Log
}

/** Where JSR is. */
const USUAL_JSR = 'https://jsr.io/'

/** Most bytes that are fetched for one extension. */
const MAX_BYTES = 256 * 1024 ** 2

/** Longest time that a resolution may take, in milliseconds. */
const LIMIT = 300_000

/** Most memory of the engine while it resolves, in MiB. */
const MEMORY = 2_048

/**
 * Fetches the modules that an extension imports from elsewhere, and lays them out for its engine; a run loads these and fetches nothing.
 *
 * The engine resolves behind the same wall as in a run: it reads the extension's directory and writes the destination, has no network,
 * and sends what it wants to a relay of the host. Nothing of what is fetched is executed.
 *
 * @returns whether it imports anything from elsewhere
 * @throws ERR_REGISTRY_INTEGRITY, ERR_REGISTRY_LOCK, ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE
 */
export async function resolveModules(options: ResolveModulesOptions): Promise<boolean> {
  const { destination, lockFile } = options
  const signals = catchSignals()
  let directory: RunDirectory | undefined
  let watchdog: RunWatchdog | undefined
  let relay: ModuleRelay | undefined
  try {
    directory = createRunDirectory(options.runPlaces)
    watchdog = startWatchdog(directory.path)
    const credentialed = new Set<string>()
    relay = await startModuleRelay({
      ...options,
      socket: directory.socket,
      bytes: MAX_BYTES,
      access(url) {
        const access = options.access(url)
        if (access.credential !== undefined) credentialed.add(url.href)
        return access
      },
    })
    writeImportMap(directory.path)
    writeFileSync(join(directory.path, REGISTRIES_FILE), options.registries, { mode: 0o600 })
    if (lockFile !== null) copyFileSync(lockFile, join(destination, LOCK_FILE))
    const attempt: Attempt = { options, directory, relay, signals, watchdog }
    const resolution: Resolution = {
      entryPoints: options.entryPoints,
      destination,
      isFrozen: lockFile !== null && options.isFrozen,
      hasPackageDirectory: options.kind === 'bun',
      jsrUrl: options.jsrUrl,
      minimumAge: options.minimumAge,
    }
    await ask(attempt, (plan) => planResolution(plan, resolution))
    if (relay.hosts().length === 0) return false
    const hosts = keepCovered(destination, {
      lockFile: join(destination, LOCK_FILE),
      jsrUrl: options.jsrUrl ?? USUAL_JSR,
      credentialed,
      keepsTypes: options.hasTypes,
    })
    const graphs: string[] = []
    if (options.kind === 'bun') {
      for (const each of options.entryPoints) {
        graphs.push(await ask(attempt, (plan) => planInspection(plan, resolution, each)))
      }
    }
    keep(options, hosts, graphs)
    noteCredentialed(options, credentialed)
    return true
  } finally {
    relay?.close()
    directory?.remove()
    await watchdog?.dismiss()
    signals.release()
  }
}

/** Says that packages came which not everybody may have: the extension can read them, and send them where it may send something. */
function noteCredentialed({ log }: ResolveModulesOptions, urls: ReadonlySet<string>): void {
  const hosts = [...new Set([...urls].map((url) => display(new URL(url).host)))]
  if (hosts.length === 0) return
  log.note(
    `With your credential, packages came from ${hosts.join(', ')}; the extension can read them`,
  )
}

/** Lays out what was fetched, for the engine that loads it. */
function keep(
  { destination, kind, jsrUrl, hasTypes }: ResolveModulesOptions,
  hosts: readonly string[],
  graphs: readonly string[],
): void {
  const imports = kind === 'bun' ? writeModuleTree(graphs, destination) : {}
  if (kind === 'bun' && !hasTypes) {
    for (const each of ['remote', 'npm']) {
      rmSync(join(destination, each), { recursive: true, force: true })
    }
  }
  tidyCache(destination, LOCK_FILE, kind === 'bun' ? ['tree', 'node_modules'] : [])
  writeModuleRecord(destination, { engine: kind, hosts, jsrUrl, imports })
}

/** What the engine may do meanwhile: read the extension, write where the modules go. */
function planFor(options: ResolveModulesOptions, directory: RunDirectory): Plan {
  return {
    engine: options.deno.path,
    libraries: options.deno.libraries,
    runDirectory: directory.path,
    socket: directory.socket,
    extensionDirectory: options.directory,
    modules: null,
    stateDirectory: options.destination,
    // Where it lays out packages.
    workingDirectory: options.destination,
    granted: { read: [], write: [], env: [], run: [], unsandboxedRun: [], net: [], api: [] },
    missing: [],
    programs: [],
    interpreters: [],
    denyAccess: [...options.denyAccess, ...directory.others],
    denyWrite: options.denyWrite,
    args: [],
    environment: {},
  }
}

/** What accompanies an attempt. */
interface Attempt {
  options: ResolveModulesOptions
  directory: RunDirectory
  relay: ModuleRelay
  signals: Signals
  watchdog: RunWatchdog
}

/** Starts the engine, and gives what it prints. */
async function ask(attempt: Attempt, translate: (plan: Plan) => Launch): Promise<string> {
  const { options, directory, relay, signals, watchdog } = attempt
  const plan = planFor(options, directory)
  const { ending, isLate, stdout, stderr } = await hearEngine({
    plan,
    launch: translate(plan),
    wall: options.wall,
    memory: MEMORY,
    limit: LIMIT,
    signals,
    watchdog,
  })
  // The host knows why it did not fetch something; the engine only that it got nothing, or takes what was cut off for the whole.
  const failure = relay.failure()
  if (failure !== undefined) throw failure
  if (ending.code === 0) return stdout
  options.log.debug(display(stderr))
  if (!isLate && ending.signal === null) {
    const { directory, lockFile } = options
    throw explainResolution(stderr, { directory, isFrozen: lockFile !== null })
  }
  const state = isLate
    ? `it took longer than ${LIMIT / 1000} s`
    : `the engine was ended by ${ending.signal}`
  throw new PhylumError(
    'ERR_REGISTRY_SOURCE',
    `Cannot resolve the modules of the extension: ${state}`,
  )
}
