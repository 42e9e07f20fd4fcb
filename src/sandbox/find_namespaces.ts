import { display } from '#base'
import { execFile } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import process from 'node:process'
import { findProgram } from './find_program.ts'
import { enter } from './namespaces.ts'
import type { NamespaceMaker } from './namespaces.ts'
import type { Mount } from './launcher/task.ts'

/** How long a trial may take, in milliseconds. */
const LIMIT = 10_000

/** Where a namespace maker is looked for, and remembered. */
export interface NamespaceSearch {
  /** The user's `PATH`, for systems that keep their programs elsewhere. */
  path: string | undefined
  workingDirectory: string
  /** Whether to try them even where it is known that they work. */
  isFresh?: boolean
  /** Whether very many mounts will be made: each of them costs bwrap more than the one before. */
  hasManyMounts?: boolean
  /** File that remembers what has worked. */
  cacheFile: string
  /** Writes the cache, whole or not at all. */
  write: (path: string, data: string) => Promise<void>
}

/** What the search came to. */
export interface NamespaceFinding {
  /** The one that works here; null when none does. */
  maker: NamespaceMaker | null
  /** Why those that were tried do not work, one line each. */
  faults: readonly string[]
}

/** In the order in which they are tried: where a system restricts namespaces to programs it knows, bwrap is the one it knows. */
const KINDS = ['bwrap', 'unshare'] as const

/**
 * Finds a program that makes namespaces here, for this user. One that has worked since the system was started is taken without
 * trying it again; that none works is found out each time, since that can change at any moment.
 */
export async function findNamespaces(search: NamespaceSearch): Promise<NamespaceFinding> {
  const faults: string[] = []
  if (process.platform !== 'linux') return { maker: null, faults: ['this is not Linux'] }
  const known = recall(search.cacheFile)
  for (const kind of search.hasManyMounts ? KINDS.toReversed() : KINDS) {
    const path = findProgram(kind, search)
    if (path === undefined) {
      faults.push(`${kind} is not installed`)
      continue
    }
    const maker = { kind, path }
    const mark = markOf(maker)
    if (!search.isFresh && known.includes(mark)) return { maker, faults }
    const fault = await tryMaker(maker)
    if (fault === undefined) {
      const marks = [...known.filter((each) => !each.startsWith(`${path} `)), mark]
      await search.write(search.cacheFile, JSON.stringify(marks)).catch(() => {})
      return { maker, faults }
    }
    faults.push(`${path}: ${fault}`)
  }
  return { maker: null, faults }
}

/** Everything on which it depends whether a maker works. */
function markOf({ path }: NamespaceMaker): string {
  const { size, mtimeMs, ino } = statSync(path)
  return [path, size, mtimeMs, ino, process.geteuid?.(), release(), bootId()].join(' ')
}

/** A restricted system is restricted when it is started, so what has worked since then works still. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function recall(file: string): string[] {
  try {
    const marks: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(marks) ? marks.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** Has a maker make what a run needs, around a program that does nothing. @returns why it cannot */
function tryMaker(maker: NamespaceMaker): Promise<string | undefined> {
  const mounts: Mount[] = [
    { kind: 'bind', path: '/', access: 'read', isDirectory: true },
    { kind: 'processes', path: '/proc' },
    { kind: 'temporary', path: '/tmp', mode: 0o755 },
  ]
  const { command, args } = enter(maker, mounts, false)
  // With unshare it is the launcher that mounts; where a system takes that right from whatever unshare starts, this fails too.
  const inside = maker.kind === 'unshare'
    ? [maker.path, '--mount', '--mount-proc', '--', maker.path, '--version']
    : [maker.path, '--version']
  return new Promise((resolve) => {
    execFile(command, [...args, ...inside], { env: {}, timeout: LIMIT }, (error, _, stderr) => {
      if (error === null) return resolve(undefined)
      const [line = ''] = stderr.trim().split('\n')
      resolve(line === '' ? 'it does not work here' : display(line))
    })
  })
}
