import type { Access } from './landlock.ts'
import type { Plan } from './plan.ts'
import { GUEST_DIRECTORY, SCRATCH } from './guest_files.ts'

/** A place that a run needs, or may use. */
export interface Place {
  path: string
  access: Access
  /** Systems differ; where it is not there, it is not needed. */
  isOptional?: boolean
  /** The manifest asks for it; the others are there for every run. */
  isGranted?: boolean
}

/** What programs on a system need of it to run: their libraries and data, none of which is anybody's own. */
const SYSTEM: readonly string[] = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/nix/store',
  '/gnu/store',
  '/etc/alternatives',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/passwd',
  '/etc/group',
  '/etc/os-release',
]

/** How hosts are looked up and their certificates checked. */
const NETWORK: readonly string[] = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/gai.conf',
  '/etc/services',
  '/etc/protocols',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
]

/** The time zone. */
const CLOCK: readonly string[] = ['/etc/localtime']

/** Places of a system that are nobody's own, by what they are for. */
export const SYSTEM_PLACES = { programs: SYSTEM, network: NETWORK, clock: CLOCK }

/** Devices that are no door to anything. */
export const DEVICES: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom'].map(
  (name) => `/dev/${name}`,
)

/** Lists what a plan lets an extension use, and what its engine needs for itself. */
export function listPlaces(plan: Plan): Place[] {
  const { granted, libraries, runDirectory } = plan
  const optional = (access: Access) => (path: string): Place => ({ path, access, isOptional: true })
  const places = (access: Access) => (path: string): Place => ({ path, access })
  const asked = (access: Access) => (path: string): Place => ({ path, access, isGranted: true })
  const listed = (grant: true | readonly string[]) => grant === true ? [] : grant
  const hasPrograms = granted.run === true || plan.programs.length > 0
  const hasNetwork = granted.net === true || granted.net.length > 0
  const loaders = libraries.loader === null ? [] : [libraries.loader]
  return [
    ...[plan.engine, ...loaders, ...plan.programs].map(places('execute')),
    ...plan.interpreters.map(optional('execute')),
    ...libraries.files.map(places('read')),
    ...CLOCK.map(optional('read')),
    ...(hasPrograms ? SYSTEM.map(optional('read')) : []),
    ...(hasNetwork ? [...libraries.nameService, ...NETWORK].map(optional('read')) : []),
    ...[plan.extensionDirectory, `${runDirectory}/${GUEST_DIRECTORY}`].map(places('read')),
    ...(plan.modules === null ? [] : [plan.modules.directory]).map(places('read')),
    ...[`${runDirectory}/${SCRATCH}`].map(places('own')),
    ...[plan.socket].map(places('connect')),
    ...(plan.stateDirectory === null ? [] : [plan.stateDirectory]).map(places('own')),
    ...listed(granted.read).map(asked('read')),
    ...listed(granted.write).map(asked('write')),
  ]
}

/** The places in which everything may be used, but for what is denied. */
export function rootAccess(
  granted: Pick<Plan['granted'], 'read' | 'write' | 'run'>,
): Access[] {
  const access: Access[] = []
  if (granted.read === true || granted.run === true) access.push('read')
  if (granted.write === true) access.push('write')
  if (granted.run === true) access.push('start')
  return access
}
