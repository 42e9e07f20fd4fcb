import { display, PhylumError } from '#base'
import { posix } from 'node:path'
import { listPorts } from './ports.ts'
import { listPlaces, rootAccess } from './places.ts'
import type { Plan } from './plan.ts'

/** What every process on macOS needs of the system to start: its libraries, and the devices that are no door to anything. */
const SYSTEM_READ = [
  '/System/Library',
  '/System/Volumes/Preboot/Cryptexes',
  '/usr/lib',
  '/usr/share/zoneinfo',
  '/private/var/db/timezone',
  '/dev/null',
  '/dev/random',
  '/dev/urandom',
  '/dev/zero',
]

/**
 * Writes a plan as a profile for Seatbelt, the sandbox of macOS (`sandbox-exec -p`). Of several rules the last one counts, so
 * what is closed comes last. It has been run on no Mac yet; only its text is tested.
 *
 * @param realPath tells where a path leads: Seatbelt judges files by where they really are
 * @throws ERR_SANDBOX_START for a path that cannot be written in a profile
 */
export function writeSeatbelt(plan: Plan, realPath: (path: string) => string): string {
  const { net } = plan.granted
  const root = rootAccess(plan.granted)
  const places = listPlaces(plan).map((place) => ({ ...place, path: realPath(place.path) }))
  const at = (...kinds: string[]) =>
    places.filter(({ access }) => kinds.includes(access)).map(({ path }) => path)
  const everywhere = (kind: (typeof root)[number]) => root.includes(kind) ? ['/'] : []
  const closed = [...plan.denyAccess, posix.dirname(plan.runDirectory)].map(realPath)
  const own = [plan.runDirectory, ...(plan.stateDirectory === null ? [] : [plan.stateDirectory])]
    .map(realPath)
  return [
    '(version 1)',
    '(deny default)',
    '(allow process-fork)',
    '(allow signal (target same-sandbox))',
    '(allow sysctl-read)',
    '(allow file-read-metadata)',
    rule('allow', 'file-read*', [
      ...SYSTEM_READ,
      ...at('read', 'execute', 'own'),
      ...everywhere('read'),
    ]),
    rule('allow', 'file-write*', [...at('write', 'own'), ...everywhere('write')]),
    rule('allow', 'process-exec', [...at('execute'), ...everywhere('start')]),
    rule('deny', 'file-write*', plan.denyWrite.map(realPath)),
    rule('deny', 'file-read* file-write* process-exec network-outbound', closed),
    // The run's own, below the directory of all runs that was closed just now.
    rule('allow', 'file-read*', own),
    rule('allow', 'file-write*', at('own')),
    `(allow network-outbound (remote unix-socket (path-literal ${quote(realPath(plan.socket))})))`,
    ...connections(net),
  ].filter((line) => line !== '').join('\n') + '\n'
}

/** Seatbelt knows hosts as "all" and "this machine" only; which of them, the engine judges. */
function connections(net: true | readonly string[]): string[] {
  if (net !== true && net.length === 0) return []
  const ports = listPorts(net)
  const remotes = ports === true
    ? ['(remote ip "*:*")']
    : ports.map((port) => `(remote ip "*:${port}")`)
  const names = '(literal "/private/var/run/mDNSResponder")'
  return [`(allow network-outbound ${remotes.join(' ')} ${names})`]
}

function rule(verdict: 'allow' | 'deny', operations: string, paths: readonly string[]): string {
  const places = [...new Set(paths)].map((path) => `(subpath ${quote(path)})`)
  return places.length === 0 ? '' : `(${verdict} ${operations} ${places.join(' ')})`
}

/** A path as a string of the profile's language; one that could end the string early is refused. */
function quote(path: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      `Cannot write a profile for "${display(path)}": it holds a control character`,
    )
  }
  return `"${path.replace(/["\\]/g, '\\$&')}"`
}
