import { readdirSync } from 'node:fs'
import { posix } from 'node:path'
import type { Access, Rule } from './landlock.ts'
import type { Mount } from './launcher/task.ts'
import { createMounts, hasPrivateTmp } from './mounts.ts'
import { DEVICES } from './places.ts'
import { isWithin } from './real_path.ts'
import { look } from './sight.ts'
import type { Scope } from './scope.ts'
import type { Sight } from './sight.ts'

/** What a run sees of the file system. */
export interface View {
  /** Its root, where it has one of its own. */
  mounts: readonly Mount[]
  /** What may be done where, in words for Landlock. */
  rules: readonly Rule[]
  /** Directory in which the engine starts. */
  directory: string
}

/**
 * Looks up what a scope means on this file system, now.
 *
 * @param isNamespaced whether the root is a new one; otherwise the rules are all there is
 * @throws ERR_SANDBOX_START when something that was granted is not there any more
 */
export function createView(scope: Scope, isNamespaced: boolean): View {
  const sight = look(scope)
  const { closed, workingDirectory } = sight
  // A directory that is closed cannot be stood in either.
  const isClosed = closed.some(({ path }) => isWithin(workingDirectory, path))
  const directory = isNamespaced && isClosed ? '/' : workingDirectory
  return {
    mounts: isNamespaced ? createMounts(sight) : [],
    rules: createRules(sight, isNamespaced),
    directory,
  }
}

function createRules(sight: Sight, isNamespaced: boolean): Rule[] {
  const { root, places, closed, runs } = sight
  const holes = [...closed.map(({ path }) => path), runs]
  // What a new root has of its own is not looked up on the old one.
  const replaced = isNamespaced ? ['/dev', '/proc', '/run', '/tmp', '/var/tmp'] : []
  const own = (path: string): Rule => ({ path, access: 'own', isDirectory: true })
  return [
    ...places.flatMap(({ path, isDirectory, access, identity }): Rule[] =>
      access === 'read' && isDirectory && holes.some((hole) => isWithin(hole, path))
        ? readAround(path, holes).map((rule) => ({ ...rule, isOptional: true }))
        : [{ path, isDirectory, access, identity }]
    ),
    ...root.flatMap((access): Rule[] =>
      access === 'read'
        ? readAround('/', [...holes, ...replaced]).map((rule) => ({ ...rule, isOptional: true }))
        : writeAll(access)
    ),
    ...DEVICES.map((path): Rule => ({ path, access: 'own', isDirectory: false, isOptional: true })),
    ...(isNamespaced
      ? [
        ...(hasPrivateTmp(sight) ? [own('/tmp')] : []),
        own('/dev/shm'),
        { path: '/proc', access: 'read', isDirectory: true } as const,
      ]
      : []),
  ]
}

/**
 * Lists what makes up everything for those who may write all of it. Landlock cannot take back below what it has granted above, so files
 * are changed in each of the directories of the root but those of devices and processes: by the descriptor that it reads, an
 * extension could open the user's terminal for writing (/proc/self/fd/0), past the filter.
 */
function writeAll(access: Access): Rule[] {
  const entries = readEntries('/').filter(({ name }) => !['dev', 'proc'].includes(name))
  return [
    { path: '/', access: 'make', isDirectory: true },
    ...entries.map((entry): Rule => ({
      path: `/${entry.name}`,
      access,
      isDirectory: entry.isDirectory(),
      isOptional: true,
    })),
  ]
}

/**
 * Lists what makes up a directory without some of what lies in it. Its names can be listed, those in the holes too: to list a
 * directory is a right on all of it.
 */
function readAround(directory: string, holes: readonly string[]): Rule[] {
  return [{ path: directory, access: 'list', isDirectory: true }, ...around(directory, holes)]
}

function around(directory: string, holes: readonly string[], isDirectory = true): Rule[] {
  const inside = holes.filter((hole) => isWithin(hole, directory))
  if (inside.length === 0) return [{ path: directory, access: 'read', isDirectory }]
  if (inside.includes(directory) || !isDirectory) return []
  return readEntries(directory).flatMap((entry) =>
    around(posix.join(directory, entry.name), inside, entry.isDirectory())
  )
}

function readEntries(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((each) => !each.isSymbolicLink())
  } catch {
    return []
  }
}
