import { display } from '#base'
import { posix } from 'node:path'
import { ANY_DIRECTORY, isWithin } from './path.ts'
import type { Grant, GrantedPermissions } from './permission.ts'

/** Most values that one line shows; a list of thousands would push the dangers off the screen. */
const MAX_VALUES = 8

/** Longest value that is shown whole, in characters. */
const MAX_VALUE = 80

/** Longest list, in characters: with a terminal of 80 columns, two lines. */
const MAX_LIST = 120

/** Programs whose arguments say what is run: to allow one is to allow all. */
const INTERPRETERS: ReadonlySet<string> = new Set(
  ('sh ash bash dash ksh zsh fish csh tcsh busybox toybox env xargs find awk gawk mawk make git ssh sudo su doas python pypy perl ' +
    'ruby php lua tclsh expect node nodejs deno bun npm npx pnpm yarn docker podman nohup nice timeout setsid strace gdb vi vim ' +
    'emacs osascript java')
    .split(' '),
)

/** What a set of permissions means, in words for people. Every value in it is safe to show. */
export interface Description {
  /** What the user should know before anything else, one sentence each. */
  readonly dangers: readonly string[]
  /** One line for each permission, the API first. */
  readonly lines: readonly string[]
}

/** What the words depend on. */
export interface DescribeOptions {
  /** Whether the kernel confines programs that the extension runs; the engine alone does not. */
  isRunConfined?: boolean
}

/** Says in plain words what is granted. Nothing granted is nothing said. */
export function describePermissions(
  granted: GrantedPermissions,
  options: DescribeOptions = {},
): Description {
  return {
    dangers: findDangers(granted, options.isRunConfined ?? false),
    lines: [
      describeApi(granted.api),
      describe(granted.read, 'Read every file that you can read, but not those of phylum', 'Read'),
      describe(granted.write, 'Create, change and delete every file', 'Create, change and delete'),
      describe(
        granted.env,
        'Read all environment variables, but not those of phylum',
        'Read environment variables:',
      ),
      describe(
        granted.run,
        'Run every program, and read every file',
        'Run, and read the files of,',
      ),
      describe(
        granted.unsandboxedRun,
        'Run every program outside the sandbox',
        'Run outside the sandbox',
      ),
      describe(granted.net, 'Connect to every host of the internet', 'Connect to'),
    ].filter((line) => line !== undefined),
  }
}

function describeApi(api: GrantedPermissions['api']): string | undefined {
  if (api === 'ask') return 'Call the API with your credential; asks you at the first call'
  if (api === true) return 'Call every endpoint of the API with your credential'
  if (api.length === 0) return undefined
  return `Call the API with your credential: ${
    list(api.map((endpoint) => display(String(endpoint), MAX_VALUE)))
  }`
}

function describe(grant: Grant, everything: string, some: string): string | undefined {
  if (grant === true) return everything
  return grant.length === 0 ? undefined : `${some} ${list(grant.map(quote))}`
}

function findDangers(granted: GrantedPermissions, isRunConfined: boolean): string[] {
  const { read, write, env, run, unsandboxedRun, net, api } = granted
  const dangers: string[] = []
  const canConnect = isAny(net)
  if (isAny(unsandboxedRun)) {
    dangers.push(
      'unsandboxed_run is full trust: what it starts can do all that you can, and is kept from your credential only until you start something that it leaves behind',
    )
  }
  if (isAny(run) && !isRunConfined) {
    dangers.push(
      'run is full trust on this system: what it starts is not confined, and can read your credential',
    )
  }
  // Where programs are confined, an interpreter starts what it may start itself, and no more.
  const unconfined = isRunConfined ? [unsandboxedRun] : [run, unsandboxedRun]
  const interpreters = unconfined.flatMap((grant) => grant === true ? [] : grant)
    .filter(isInterpreter)
  if (interpreters.length > 0) {
    dangers.push(
      `${list([...new Set(interpreters)].map(quote))} can be told to run every other program`,
    )
  }
  if (isWholeDisk(write)) dangers.push('It can change the programs and settings that you use')
  if (canConnect && (isWholeDisk(read) || run === true)) {
    dangers.push('It can read every file and connect to other hosts: it can send any file away')
  }
  if (net === true && isAny(run)) {
    dangers.push('Programs that it runs can connect to this machine and your network, too')
  }
  if (canConnect && env === true) {
    dangers.push(
      'It can read all environment variables and connect to other hosts: it can send what they hold away',
    )
  }
  if (api === true) dangers.push('It can do with your account whatever your credential can do')
  return dangers
}

function isAny(grant: Grant): boolean {
  return grant === true || grant.length > 0
}

function isWholeDisk(grant: Grant): boolean {
  return grant === true || grant.includes('/')
}

function isInterpreter(program: string): boolean {
  return INTERPRETERS.has(posix.basename(program).replace(/[-.]?[0-9][0-9.]*$/, ''))
}

function quote(value: string): string {
  if (!isWithin(value, ANY_DIRECTORY)) return `"${display(value, MAX_VALUE)}"`
  const path = `.${value.slice(ANY_DIRECTORY.length)}`
  return `"${display(path === '.' ? './' : path, MAX_VALUE)}" of the directory it is run in`
}

/** Writes values, safe to show already, in one line. */
function list(values: readonly string[]): string {
  let shown = values[0] ?? ''
  let count = 1
  for (const value of values.slice(1, MAX_VALUES)) {
    if (shown.length + value.length > MAX_LIST) break
    shown += `, ${value}`
    count += 1
  }
  return values.length > count ? `${shown} and ${values.length - count} more` : shown
}
