import { display, PhylumError } from '#base'
import { ANSWER_PIPE, BROKER_ORIGIN, CALL_PIPE, RUN_FILE } from '#protocol'
import { buildEnvironment, readableNames } from './environment.ts'
import {
  GUEST_DIRECTORY,
  GUEST_FILE,
  IMPORT_MAP_FILE,
  OUTSIDE_FILE,
  SCRATCH,
} from './guest_files.ts'
import { ENGINE_CACHE, LOCK_FILE } from './module_files.ts'
import type { KeptModules, Launch, Plan } from './plan.ts'
import { isWithin } from './real_path.ts'

/**
 * What keeps the engine from taking anything from outside: no configuration file of the directory one stands in, no code from the
 * network (which `import()` would otherwise fetch with no permission at all), no questions.
 */
const CLOSED = ['--no-config', '--cached-only', '--no-prompt']

/** The same for extensions that have no modules from elsewhere: nor a lock file of the directory one stands in. */
const ALONE = ['--no-lock', '--no-remote', '--no-npm']

/**
 * Places that are names for others. `import()` of /proc/self/root/… reads a file whose own path is denied: it skips the
 * check that the engine makes for such links when it opens a file.
 */
const ALIASES = ['/proc', '/dev']

/** Translates a plan into a Deno process. Everything that no flag grants is denied. */
export function planDeno(plan: Plan): Launch {
  const { granted } = plan
  const guest = `${plan.runDirectory}/${GUEST_FILE}`
  const scratch = (name: string) => `${plan.runDirectory}/${SCRATCH}/${name}`
  const description = scratch(RUN_FILE)
  const pipes = [CALL_PIPE, ANSWER_PIPE].map(scratch)
  // The broker is reached by a path, a socket and a host that leads nowhere; the engine wants to be told all three.
  const reach = [plan.socket]
  const state = plan.stateDirectory === null ? [] : [plan.stateDirectory]
  const modules = plan.modules === null ? [] : [plan.modules.directory]
  // By name the engine looks a program up in PATH, as the extension means it; by path it is the one that was found outside.
  const run = granted.run === true ? true : [...new Set([...granted.run, ...plan.programs])]
  const read = granted.read === true || granted.run === true ? true : [
    plan.extensionDirectory,
    ...modules,
    guest,
    ...(isAsked(granted.unsandboxedRun) ? [`${plan.runDirectory}/${OUTSIDE_FILE}`] : []),
    description,
    ...pipes,
    ...reach,
    ...state,
    ...without([...granted.read, ...plan.missing], plan.denyAccess),
    ...plan.programs,
  ]
  const write = granted.write === true ? true : [
    description,
    ...pipes,
    ...reach,
    ...state,
    ...without(granted.write, [...plan.denyAccess, ...plan.denyWrite]),
  ]
  const net = granted.net === true
    ? true
    : [`unix:${plan.socket}`, new URL(BROKER_ORIGIN).host, ...granted.net.map(String)]
  return {
    command: plan.engine,
    args: [
      // Quiet about programs of `run` that are not on this system: the extension will find out.
      ...(plan.tests === undefined
        ? ['run', '--no-code-cache', '--quiet']
        : ['test', '--no-check', `--preload=${guest}`, ...plan.args]),
      ...CLOSED,
      ...(plan.modules === null ? ALONE : admit(plan.modules)),
      `--import-map=${plan.runDirectory}/${IMPORT_MAP_FILE}`,
      ...allow('read', read),
      ...allow('write', write),
      ...allow('net', net),
      ...allow('env', readableNames(plan)),
      ...allow('run', run),
      ...deny('read', [...ALIASES, ...plan.denyAccess]),
      ...deny('write', [...ALIASES, ...plan.denyAccess, ...plan.denyWrite]),
      ...(plan.tests ?? [guest, ...plan.args]),
    ],
    environment: {
      ...buildEnvironment(plan),
      DENO_DIR: `${plan.runDirectory}/${ENGINE_CACHE}`,
      DENO_NO_UPDATE_CHECK: '1',
      // Where no Node.js is in PATH, the engine would put itself there under that name.
      DENO_DISABLE_NODE_SHIM: '1',
      ...(plan.modules === null ? {} : settle(plan, plan.modules)),
    },
  }
}

/** Lets the engine load what was fetched before, in the versions and with the contents of the lock file, and nothing else. */
function admit({ directory, hosts }: KeptModules): string[] {
  return [
    `--lock=${directory}/${LOCK_FILE}`,
    '--frozen',
    ...(hosts.length === 0 ? [] : [`--allow-import=${hosts.map(assertPlain).join(',')}`]),
  ]
}

/** Keeps the engine from looking for packages where the user's own programs look for them. */
function settle(plan: Plan, { jsrUrl }: KeptModules): Record<string, string> {
  return {
    DENO_NO_PACKAGE_JSON: '1',
    // It reads `.npmrc` there, and a registry that is named in it is another place to look; the guest puts the user's own back.
    HOME: `${plan.runDirectory}/${GUEST_DIRECTORY}`,
    ...(jsrUrl === null ? {} : { JSR_URL: jsrUrl }),
  }
}

/**
 * Leaves out what lies in a denied place. To the engine, of an allowed and a denied path the longer one counts: allowed
 * "~/.cache/phylum/tokens" would win over denied "~/.cache/phylum".
 */
function without(paths: readonly string[], denied: readonly string[]): string[] {
  return paths.filter((path) => !denied.some((each) => isWithin(path, each)))
}

function isAsked(grant: true | readonly string[]): boolean {
  return grant === true || grant.length > 0
}

function allow(kind: string, grant: true | readonly string[]): string[] {
  if (grant === true) return [`--allow-${kind}`]
  return grant.length === 0 ? [] : [`--allow-${kind}=${grant.map(assertPlain).join(',')}`]
}

function deny(kind: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`--deny-${kind}=${values.map(assertPlain).join(',')}`]
}

/**
 * Refuses a value that would not arrive as one value: a comma begins the next one and cannot be escaped, and an empty value
 * widens the flag to everything.
 */
function assertPlain(value: string): string {
  // deno-lint-ignore no-control-regex
  if (value !== '' && !/[\u0000-\u001f\u007f,]/.test(value)) return value
  throw new PhylumError(
    'ERR_SANDBOX_START',
    `Cannot run the extension: the engine takes no path such as "${
      display(value)
    }", with a comma or a control character`,
  )
}
