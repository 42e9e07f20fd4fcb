import { posix } from 'node:path'
import process from 'node:process'
import { listSockets } from './bound_sockets.ts'
import type { Mount } from './launcher/task.ts'
import { DEVICES } from './places.ts'
import { findPath, isPermitted, isReachable, isWithin } from './real_path.ts'
import type { RealPath } from './real_path.ts'
import type { FoundPlace, Sight } from './sight.ts'

/** Modes of directories: like the system's own, or for everybody to put files in. */
const PLAIN = 0o755
const SHARED = 0o1777
const PRIVATE = 0o700

/** Names that programs expect in /dev. */
const DEVICE_LINKS = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
] as const

/**
 * Makes the list of mounts from which a root is built: nothing but what is granted, what the engine needs, and a /proc, /dev
 * and /tmp of its own. What is listed later, or deeper, covers what was there.
 */
export function createMounts(sight: Sight): Mount[] {
  const { root, places, volatile, closed, fixed, runs, workingDirectory } = sight
  const isWritable = root.includes('write')
  const binds = places.map((each) => bind(each, isChanged(each) ? 'write' : 'read'))
  const shown = root.length > 0
    ? ['/']
    : places.filter((each) => each.isDirectory).map((each) => each.path)
  const isShown = (path: string) => shown.some((each) => isWithin(path, each))
  const changed = isWritable
    ? ['/']
    : places.filter((each) => each.access === 'write').map((each) => each.path)
  const hidden = closed.filter(({ path }) => isShown(path) && isReachable(path))
  const kept = fixed.filter(({ path }) => changed.some((each) => isWithin(path, each)))
  const mounts: Mount[] = [
    root.length > 0
      ? bind({ path: '/', isDirectory: true }, isWritable ? 'write' : 'read')
      : temporary('/', PLAIN),
    { kind: 'processes', path: '/proc' },
    ...plainDevices(),
    ...(isWritable || shown.includes('/tmp')
      ? []
      : [temporary('/tmp', hasPrivateTmp(sight) ? SHARED : PLAIN)]),
    // Sockets of the whole system, and where programs make theirs when they start.
    ...(root.length > 0 ? [temporary('/run', PLAIN)] : []),
    ...(root.length > 0 && !isWritable && !shown.includes('/var/tmp') && findPath('/var/tmp')
      ? [temporary('/var/tmp', PLAIN)]
      : []),
    ...(root.length > 0 && findPath('/sys')
      ? [bind({ path: '/sys', isDirectory: true }, 'read')]
      : []),
    ...(isShown(runs) && findPath(runs) !== undefined ? [temporary(runs, PLAIN)] : []),
    ...pins(changed, [...hidden, ...kept]),
    ...binds,
    ...volatile.map((path) => temporary(path, PRIVATE)),
    ...kept.map((each) => bind(each, 'read')),
    ...hidden.map(closedPlace),
    ...listSockets().filter(isShown).flatMap((path) => closeSocket(path, places)),
    ...places.flatMap(({ links }) =>
      links.map(([path, target]) => ({ kind: 'link', path, target }) as const)
    ),
    { kind: 'directory', path: workingDirectory },
  ]
  const ordered = settle(mounts)
  const sealed = ordered.filter((each) => each.kind === 'temporary' && each.mode === PLAIN)
  return [...ordered, ...sealed.map(({ path }) => ({ kind: 'sealed', path }) as const)]
}

/** Makes a /dev with what is no door to anything. */
function plainDevices(): Mount[] {
  return [
    temporary('/dev', PLAIN),
    ...DEVICES.map((path) => bind({ path, isDirectory: false }, 'device')),
    temporary('/dev/shm', SHARED),
    ...DEVICE_LINKS.map(([name, target]) =>
      ({ kind: 'link', path: `/dev/${name}`, target }) as const
    ),
  ]
}

/**
 * Answers whether /tmp is the run's own to write in. Where something granted lies below it, it is not: to Landlock, what may be done
 * in a directory may be done in everything below, mounts included.
 */
export function hasPrivateTmp({ root, places }: Sight): boolean {
  return !root.includes('write') && !places.some(({ path }) => isWithin(path, '/tmp'))
}

/**
 * Makes the list of mounts for a command that runs outside of every plan: all that is there, but for what is closed, with processes of
 * its own. The user's environment is to be read in every process of theirs, and so is what phylum has been given in it.
 *
 * @param closed what must not be seen
 * @param fixed what must not be changed
 * @param runs parent of the directories of runs, of which it sees none
 */
export function createOpenMounts(
  closed: readonly RealPath[],
  fixed: readonly RealPath[],
  runs: RealPath | undefined,
): Mount[] {
  const hidden = closed.filter(({ path }) => isReachable(path))
  const covered = runs === undefined ? [] : [runs]
  // Root owns the disks, and what is covered could be read from them.
  const isRoot = process.geteuid?.() === 0
  const ordered = settle([
    bind({ path: '/', isDirectory: true }, 'write'),
    { kind: 'processes', path: '/proc' },
    ...(isRoot ? plainDevices() : [bind({ path: '/dev', isDirectory: true }, 'device')]),
    ...pins(['/'], [...hidden, ...fixed, ...covered]),
    ...fixed.map((each) => bind(each, 'read')),
    ...hidden.map(closedPlace),
    ...covered.map(({ path }) => temporary(path, PLAIN)),
  ])
  return [...ordered, ...covered.map(({ path }) => ({ kind: 'sealed', path }) as const)]
}

/** Puts shallow mounts before deep ones, and leaves out what is there already. */
function settle(mounts: readonly Mount[]): Mount[] {
  const depth = ({ path }: Mount) => path === '/' ? 0 : path.split('/').length
  const done = new Map<string, Mount>()
  /** The mount in which a path lies, itself included. */
  const around = (path: string): Mount | undefined => {
    for (let each = path;; each = posix.dirname(each)) {
      const mount = done.get(each)
      if (mount !== undefined && mount.kind !== 'link' && mount.kind !== 'directory') return mount
      if (each === '/') return undefined
    }
  }
  for (const mount of mounts.toSorted((left, right) => depth(left) - depth(right))) {
    const above = around(mount.path)
    const isThere = above?.kind === 'bind' && above.access !== 'device'
    if (mount.kind === 'closed' && above?.kind === 'closed') continue
    const isSame = mount.kind === 'bind' && isThere && above.access === mount.access
    if (isSame && !mount.isPin) continue
    if ((mount.kind === 'link' || mount.kind === 'directory') && isThere) continue
    const same = done.get(mount.path)
    done.set(mount.path, same === undefined ? mount : stronger(same, mount))
  }
  return [...done.values()]
}

/** Of two mounts in one place: closed is closed; what may be written may be read too. */
function stronger(first: Mount, second: Mount): Mount {
  if (first.kind === 'closed' || second.kind === 'directory' || second.kind === 'link') return first
  if (first.kind === 'bind' && first.access === 'write' && second.kind === 'bind') return first
  return second
}

/**
 * Lists the directories between a place that may be changed and one in it that may not. They are made mounts of their own, which
 * nobody can move: otherwise one moves such a directory away, makes a new one of its name, and in it the files that phylum
 * will read next time.
 */
function pins(changed: readonly string[], kept: readonly RealPath[]): Mount[] {
  const pinned = new Set<string>()
  for (const { path } of kept) {
    for (let each = posix.dirname(path); each !== '/'; each = posix.dirname(each)) {
      if (changed.some((top) => each !== top && isWithin(each, top))) pinned.add(each)
    }
  }
  return [...pinned].map((path) => ({ ...bind({ path, isDirectory: true }, 'write'), isPin: true }))
}

function closeSocket(path: string, places: readonly FoundPlace[]): Mount[] {
  const found = findPath(path)
  const isOurs = places.some((each) => each.access === 'connect' && each.path === found?.path)
  if (found === undefined || isOurs) return []
  // To connect is to write.
  return isReachable(found.path) && isPermitted(found.path, 0o2)
    ? [{ kind: 'closed', path: found.path, isDirectory: false, isOptional: true }]
    : []
}

function closedPlace({ path, isDirectory }: RealPath): Mount {
  return { kind: 'closed', path, isDirectory }
}

function temporary(path: string, mode: number): Mount {
  return { kind: 'temporary', path, mode }
}

function isChanged({ access }: FoundPlace): boolean {
  return access === 'write' || access === 'own'
}

function bind(
  { path, isDirectory }: Pick<RealPath, 'path' | 'isDirectory'>,
  access: 'read' | 'write' | 'device',
): Extract<Mount, { kind: 'bind' }> {
  return { kind: 'bind', path, access, isDirectory }
}
