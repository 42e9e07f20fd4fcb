import { display, PhylumError } from '#base'
import { readFileSync, statSync } from 'node:fs'
import { release } from 'node:os'
import process from 'node:process'
import { explainFailure } from './explain_failure.ts'
import { findProgram } from './find_program.ts'
import { enter, nameOf } from './namespaces.ts'
import type { NamespaceMaker } from './namespaces.ts'
import { EMPTY_TASK, isCommandMissing } from './launcher/task.ts'
import { startGuest } from './start.ts'

/** How long a trial may take, in milliseconds. */
const LIMIT = 10_000

/** Where a namespace maker is looked for, and remembered. */
export interface NamespaceSearch {
  /** The user's `PATH`, for systems that keep their programs elsewhere. */
  path: string | undefined
  workingDirectory: string
  /** Whether to try them even where it is known that they work. */
  isFresh?: boolean
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

/**
 * Finds out what makes namespaces here, for this user: the launcher, or bwrap where a system lets only programs that it knows do it. What
 * has worked since the system was started is taken without trying it again; that nothing works is found out each time, since that can
 * change at any moment.
 */
export async function findNamespaces(search: NamespaceSearch): Promise<NamespaceFinding> {
  const faults: string[] = []
  if (process.platform !== 'linux') return { maker: null, faults: ['this is not Linux'] }
  const known = recall(search.cacheFile)
  for (const maker of listMakers(search)) {
    if (maker === undefined) {
      faults.push('bwrap is not installed')
      continue
    }
    const mark = markOf(maker)
    if (!search.isFresh && known.includes(mark)) return { maker, faults }
    const fault = await tryMaker(maker)
    if (fault === undefined) {
      const marks = [...known.filter((each) => !isOf(each, maker)), mark]
      await search.write(search.cacheFile, JSON.stringify(marks)).catch(() => {})
      return { maker, faults }
    }
    faults.push(`${nameOf(maker)}: ${fault}`)
  }
  return { maker: null, faults }
}

/** Lists what there is, in the order in which it is tried; what is undefined is not there. */
function* listMakers(search: NamespaceSearch): Generator<NamespaceMaker | undefined> {
  yield { kind: 'launcher' }
  const path = findProgram('bwrap', search)
  yield path === undefined ? undefined : { kind: 'bwrap', path }
}

/** Everything on which it depends whether a maker works. */
function markOf(maker: NamespaceMaker): string {
  const { size, mtimeMs, ino } = maker.kind === 'bwrap' ? statSync(maker.path) : NO_FILE
  return [nameOf(maker), size, mtimeMs, ino, process.geteuid?.(), release(), bootId()].join(' ')
}

const NO_FILE = { size: 0, mtimeMs: 0, ino: 0 }

function isOf(mark: string, maker: NamespaceMaker): boolean {
  return mark.startsWith(`${nameOf(maker)} `)
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

/** Has a maker make what a run needs, around a program that is not there. @returns why it cannot */
async function tryMaker(maker: NamespaceMaker): Promise<string | undefined> {
  const { launch, ...rest } = enter(maker, [
    { kind: 'bind', path: '/', access: 'read', isDirectory: true },
    { kind: 'processes', path: '/proc' },
    { kind: 'temporary', path: '/tmp', mode: 0o755 },
  ], false)
  try {
    const task = { ...EMPTY_TASK, ...rest }
    const guest = await startGuest({ ...launch, namespaces: maker, task }, STREAMS)
    const timer = setTimeout(() => guest.signal('SIGKILL'), LIMIT)
    const said: Buffer[] = []
    guest.streams.stderr?.on('data', (chunk: Buffer) => said.push(chunk))
    const { failure } = await guest.ended
    clearTimeout(timer)
    if (failure !== undefined && isCommandMissing(failure)) return undefined
    const [line = ''] = Buffer.concat(said).toString().trim().split('\n')
    if (line !== '') return display(line)
    return failure === undefined ? 'it does not work here' : explainFailure(failure).message
  } catch (error) {
    return error instanceof PhylumError ? error.message : 'it does not work here'
  }
}

/** A maker says on the third what it cannot do. */
const STREAMS = ['ignore', 'ignore', 'pipe'] as const
