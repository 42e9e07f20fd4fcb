import { readImports } from './imports.ts'
import { breach, isAt } from './tree.ts'
import type { Breach, Source } from './tree.ts'

/** Where a module from elsewhere may be imported: rooms ("cli/") or files, each with the reason. */
export type Doors = Readonly<Record<string, string>>

/** One package, one door. */
export const PACKAGES: Readonly<Record<string, Doors>> = {
  'cac': { 'cli/': 'reads the command line' },
  '@clack/prompts': { 'cli/': 'asks at the terminal' },
  'open': { 'cli/browser.ts': 'opens the login page' },
  'string-width': { 'cli/': 'lines up tables' },
  'yaml': { 'config/': 'settings.yaml, and .phylum_project' },
  'openid-client': { 'auth/': 'exchanges refresh tokens, logs in' },
  'jose': {
    'auth/': 'checks what the login service signed',
    'registry/trust/': 'signs packed extensions, and checks who did',
    'server/': 'signs what it hands out',
  },
  'semver': { 'registry/': 'compares versions and ranges' },
  'smol-toml': { 'registry/': 'PhylumExt.toml' },
  'fflate': { 'registry/': 'packs extensions, and unpacks them' },
  '@sinclair/typebox': {
    'config/': 'owns the schema of the settings',
    'registry/': 'owns the schema of manifests',
    'server/': 'owns the schemas of the API',
  },
  'oidc-provider': { 'server/identity/': 'is the OpenID provider' },
  'hono': { 'server/': 'routes requests' },
  'pg': { 'server/store/': 'speaks to PostgreSQL' },
}

/** Packages that are started, not imported. */
export const RUNTIMES: readonly string[] = ['bun', 'deno']

/**
 * Built-ins that start code, reach the network or look into another process: each is a road round a port. The others are
 * free. An empty list of doors shuts a module to everybody.
 */
export const BUILT_INS: Readonly<Record<string, Doors>> = {
  'node:child_process': {
    'sandbox/': 'starts the engine and the watchdog',
    'registry/source/git_process.ts': 'starts git',
    'cli/exchange_process.ts': 'starts phylum once more, which a killed phylum cannot take with it',
    'cli/keyring.ts': "starts the keyring's tool where the runtime has no means of its own",
    'cli/commands/server_exec.ts': 'starts the command that the user wrote behind `--`',
  },
  'node:http': {
    'broker/module_relay.ts': 'serves the engine that resolves modules, which has no network',
    'broker/serve_node.ts': "serves the run's socket where Bun is not the host",
    'auth/callback_listener.ts': 'hears the browser come back from a login',
    'broker/dial.ts': 'sends to an address that was looked at, under the name it was found by',
  },
  'node:vm': { 'broker/reclaim.ts': 'reaches the garbage collector, which V8 hides' },
  'node:v8': { 'broker/reclaim.ts': 'reaches the garbage collector, which V8 hides' },
  'bun:ffi': {
    'host/c_library.ts': 'prctl(2), poll(2) and mkfifo(3), which no runtime offers',
    'host/terminal_library.ts': 'ioctl_tty(2), and descriptors that are opened for terminals',
    'cli/terminal_mode.ts': 'tcgetattr(3) and tcsetattr(3), which no runtime offers',
    'cli/platform.ts': 'isatty(3): the streams of the runtime would double what Bun needs to start',
    'sandbox/kernel.ts': 'memfd_create(2), and which Landlock there is',
  },
  'node:https': { 'broker/dial.ts': 'the same, by TLS' },
  'node:http2': {},
  'node:net': { 'broker/dial.ts': 'the type of a look-up' },
  'node:tls': {},
  'node:dgram': {},
  'node:dns': {},
  'node:dns/promises': { 'broker/look_up.ts': 'finds the addresses of the hosts of `net`' },
  'node:cluster': {},
  'node:worker_threads': {},
  'node:inspector': {},
  'node:inspector/promises': {},
  'node:module': {},
  'node:repl': {},
}

/** Finds imports of packages and built-ins in rooms that have no door to them. */
export function checkPackages(sources: readonly Source[]): Breach[] {
  return sources.flatMap((source) =>
    readImports(source.text).flatMap(({ specifier, names, index }) => {
      if (specifier === undefined || /^[#./]/.test(specifier)) return []
      const doors = doorsOf(specifier)
      if (doors === undefined) return [breach(source, index, `"${specifier}" is nobody's package`)]
      const isOpen = doors === 'free' || Object.keys(doors).some((door) => isAt(source.path, door))
      if (!isOpen) return [breach(source, index, `"${specifier}" has no door here`)]
      // Taken by name, `env` or `stdout` would be out of sight of the check on ambients.
      if (specifier === 'node:process' && names.some((name) => name !== 'default')) {
        return [breach(source, index, 'import node:process whole, as `process`')]
      }
      return []
    })
  )
}

function doorsOf(specifier: string): Doors | 'free' | undefined {
  const doors = BUILT_INS[specifier]
  if (doors !== undefined || specifier.startsWith('node:')) return doors ?? 'free'
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return PACKAGES[name]
}

/** Lists doors through which nobody goes: an exception without a need is a hole that waits. */
export function findUnusedDoors(sources: readonly Source[]): string[] {
  return Object.entries(BUILT_INS).flatMap(([specifier, doors]) =>
    Object.keys(doors)
      .filter((door) =>
        !sources.some(({ path, text }) =>
          isAt(path, door) && readImports(text).some((found) => found.specifier === specifier)
        )
      )
      .map((door) => `${specifier} in ${door}`)
  )
}
