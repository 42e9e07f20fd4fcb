import { display, PhylumError } from '#base'
import { lstatSync, realpathSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import process from 'node:process'

/** Where a path leads. */
export interface RealPath {
  path: string
  isDirectory: boolean
  /** What is there now: file system and number, as the launcher finds them too unless something else has taken its place. */
  identity: string
  /** Links on the way, with where each of them leads; all of it real paths. */
  links: readonly (readonly [path: string, target: string])[]
}

/**
 * Follows a path. Walls are put around what is there, not around names for it: a link that is put there later leads nowhere.
 *
 * @throws ERR_SANDBOX_START when it leads nowhere, or in circles
 */
export function followPath(path: string): RealPath {
  const found = tryPath(path)
  if (!(found instanceof Error)) return found
  throw new PhylumError(
    'ERR_SANDBOX_START',
    `Cannot run the extension: "${display(path)}" leads nowhere`,
    { cause: found, hints: ['see whether it is there, and whether links in it lead anywhere'] },
  )
}

/** Follows a path that may lead nowhere. */
export function findPath(path: string): RealPath | undefined {
  const found = tryPath(path)
  return found instanceof Error ? undefined : found
}

function tryPath(path: string): RealPath | Error {
  try {
    const links: [string, string][] = []
    let real = '/'
    for (const name of path.split('/').filter(Boolean)) {
      const next = posix.join(real, name)
      if (lstatSync(next).isSymbolicLink()) {
        real = realpathSync(next)
        links.push([next, real])
      } else {
        real = next
      }
    }
    const found = statSync(real, { bigint: true })
    const identity = `${found.dev}:${found.ino}`
    return { path: real, isDirectory: found.isDirectory(), identity, links }
  } catch (error) {
    return error as Error
  }
}

/**
 * Answers whether this user, without root's power to pass by permissions, could get to a place. In a user namespace that power is
 * gone; what cannot be reached there needs no closing, and could not be closed.
 */
export function isReachable(path: string): boolean {
  for (let each = posix.dirname(path);; each = posix.dirname(each)) {
    if (!isPermitted(each, 0o1)) return false
    if (each === '/') return true
  }
}

/** Answers whether a mode gives this user a right on a file: 4 to read, 2 to write, 1 to search or execute. */
export function isPermitted(path: string, right: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.uid === process.geteuid?.()) return (found.mode >> 6 & right) !== 0
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  return (found.mode >> (groups.includes(found.gid) ? 3 : 0) & right) !== 0
}

/** Answers whether a path is another one or lies below it; both real. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
