import { findFreeUses } from './free_names.ts'
import type { Doors } from './packages.ts'
import { separate } from './separate.ts'
import { breach, isAt } from './tree.ts'
import type { Breach, Source } from './tree.ts'

/** Something of the world that is there without being passed in. */
interface Ambient {
  name: string
  /** Finds its uses in code without comments and insides of strings. */
  find: RegExp | ((code: string) => number[])
  /** Who may use it: rooms or files, each with the reason. */
  doors: Doors
}

/** One ambient, one door. Everybody else is handed what it needs. */
export const AMBIENTS: readonly Ambient[] = [
  {
    name: 'fetch',
    find: (code) =>
      findFreeUses(code, 'fetch').concat(indices(code, /\b\w+\s*\??\.\s*fetch\b/g, isGlobal)),
    doors: {
      'cli/platform.ts': 'makes the port that everybody is handed',
      'guest/': 'inside the sandbox, where it leads to the broker or to the hosts of the manifest',
      'server/ui/browser.ts': 'runs in the browser, on a page whose policy names this server alone',
    },
  },
  {
    name: 'WebSocket, EventSource, Worker',
    find: /\bnew\s+(WebSocket|EventSource|XMLHttpRequest|Worker|SharedWorker)\b/g,
    doors: {},
  },
  {
    name: 'process.env',
    find:
      /\bprocess\s*\??\.\s*env\b|\bprocess\s*(\?\.)?\s*\[|\}\s*=\s*(globalThis\s*\.\s*)?process\b|\bimport\.meta\.env\b/g,
    doors: {
      'cli/main.ts': 'passes it on as a parameter',
      'cli/platform.ts': 'takes out what would make the runtime show or misdirect the credential',
      'guest/engine_bun.ts': 'takes out what told the executable to be an engine',
    },
  },
  {
    name: "the process's arguments, streams, directory and end",
    find: /\bprocess\s*\??\.\s*(argv|stdin|stdout|stderr|cwd|chdir|exit|abort|reallyExit)\b/g,
    doors: {
      'cli/main.ts': 'passes them on as parameters',
      'main.ts': 'ends the program once its output is written',
      'guest/engine_bun.ts': 'hands them to the extension',
    },
  },
  {
    name: 'console',
    find: /(?<![\w$#.])console\b|\bglobalThis\s*\.\s*console\b/g,
    doors: { 'guest/engine_deno.ts': "sees the extension's own prints pass" },
  },
  { name: 'globalThis[…]', find: /\bglobalThis\s*(\?\.)?\s*\[/g, doors: {} },
  {
    name: 'code from text',
    find: /(?<![\w$#.])(eval\s*\(|(new\s+)?Function\s*\()/g,
    doors: {},
  },
  {
    name: 'Bun, Deno',
    find: /(?<![\w$#])(Bun|Deno)\b/g,
    doors: {
      'base/sha256.ts': 'hashes: node:crypto would double what Bun needs to start',
      'broker/serve_bun.ts': "serves the run's socket: Bun's own server costs no import",
      'broker/reclaim.ts': 'asks for a garbage collection after a large body',
      'sandbox/start_process.ts': 'starts processes: node:child_process costs Bun 3 ms',
      'sandbox/kernel.ts': 'memfd_create(2), fcntl(2), and which Landlock there is',
      'host/c_library.ts': 'prctl(2), poll(2) and mkfifo(3), which no runtime offers',
      'host/terminal_library.ts': 'ioctl_tty(2), and descriptors that are opened for terminals',
      'host/call_pipes.ts': "waits for the guest's questions: Bun without a thread",
      'server/serve.ts': 'serves the embedded API',
      'cli/platform.ts': 'says to each runtime in its own words what fetch cannot',
      'cli/terminal_mode.ts': 'tcgetattr(3) and tcsetattr(3), which no runtime offers',
      'guest/': 'runs in the engine',
    },
  },
  {
    name: 'Secret.reveal()',
    find: /\.\s*reveal\b|\{[^{}]*\breveal\b[^{}]*\}\s*=/g,
    doors: {
      'broker/send.ts': 'attaches the credential, last of all headers',
      'broker/module_relay.ts': 'attaches the credential of an npm registry',
      'broker/scrub.ts': 'looks for the credential in what comes back',
      'registry/source/request.ts': 'logs in to registries of packages',
      'auth/': 'tells keys from refresh tokens, and exchanges these',
      'config/update_settings.ts': 'writes the credential into settings.yaml',
      'cli/commands/auth_token.ts': 'prints it, because that is what was asked for',
      'cli/commands/auth_create_token.ts': 'prints the new key, this once',
      'cli/commands/server_exec.ts': 'hands the throw-away key to the command that the user wrote',
      'server/identity/key_issuer.ts': 'hands a new key to the program that has logged in for it',
      'cli/commands/server_start.ts': 'shows the key of a new account, this once',
      'server/ui/token_routes.ts': 'shows a new key to whoever made it, this once',
    },
  },
]

/** Finds uses of what should have been passed in. */
export function checkAmbients(sources: readonly Source[]): Breach[] {
  return sources.flatMap((source) => {
    const { code } = separate(source.text)
    return AMBIENTS.flatMap(({ name, find, doors }) => {
      if (Object.keys(doors).some((door) => isAt(source.path, door))) return []
      return findIn(code, find).map((index) => breach(source, index, `${name} has no door here`))
    })
  })
}

/** Lists doors through which nobody goes: an exception without a need is a hole that waits. */
export function findUnusedDoors(sources: readonly Source[]): string[] {
  const codes = sources.map(({ path, text }) => ({ path, code: separate(text).code }))
  return AMBIENTS.flatMap(({ name, find, doors }) =>
    Object.keys(doors)
      .filter((door) =>
        !codes.some(({ path, code }) => isAt(path, door) && findIn(code, find).length > 0)
      )
      .map((door) => `${name} in ${door}`)
  )
}

function findIn(code: string, find: Ambient['find']): number[] {
  return typeof find === 'function' ? find(code) : indices(code, find)
}

function indices(code: string, pattern: RegExp, isWanted = (_found: string) => true): number[] {
  return [...code.matchAll(pattern)].filter(([found]) => isWanted(found)).map(({ index }) => index)
}

/** Answers whether a member is taken from the global object itself. */
function isGlobal(member: string): boolean {
  return /^(globalThis|self|window|global)\b/.test(member)
}
