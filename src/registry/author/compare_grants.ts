import { display } from '#base'
import { isNetGranted, resolvePermissions } from '#permissions'
import type { CheckedManifest } from '../manifest.ts'
import { compareApi } from './compare_api.ts'
import type { Comparison, GrantFinding } from './compare_api.ts'
import type { Finding, ScannedModule } from './scan_extension.ts'

/** Variables that every extension gets. */
const ALWAYS = new Set(['TERM', 'COLORTERM', 'NO_COLOR', 'COLUMNS', 'LINES', 'TMPDIR'])

/**
 * Compares what a manifest grants with what its modules use, as far as can be seen: a value that is put together, a name that is
 * passed on, a module that does something for another leave it open, and then nothing is said.
 */
export function compareGrants(
  manifest: CheckedManifest,
  modules: readonly ScannedModule[],
): Comparison {
  const parts = [
    ...FILES.map(([kind, verb]) => compareFiles(manifest, modules, kind, verb)),
    ...VALUES.map((kind) => compareValues(manifest, modules, kind)),
    compareApi(manifest, modules),
  ]
  return {
    unused: parts.flatMap(({ unused }) => unused),
    missing: parts.flatMap(({ missing }) => missing),
  }
}

const FILES = [['read', 'reads'], ['write', 'writes']] as const

const VALUES = ['env', 'run', 'net'] as const

type ValueKind = (typeof VALUES)[number]

/** Paths are put together, so of files it is compared only whether any are used. */
function compareFiles(
  { permissions }: CheckedManifest,
  modules: readonly ScannedModule[],
  kind: 'read' | 'write',
  verb: string,
): Comparison {
  // A program reads and writes for whoever starts it.
  const isUsed = modules.some(({ uses, unseen }) =>
    unseen.has(kind) || uses.some((use) => use.kind === kind || use.kind === 'run')
  )
  const message = `nothing ${verb} files, as far as can be seen`
  const isIdle = isAsked(permissions?.[kind]) && !isUsed
  return { unused: isIdle ? [{ path: ['permissions', kind], message }] : [], missing: [] }
}

/** Compares what is named: variables, programs, hosts. */
function compareValues(
  { permissions }: CheckedManifest,
  modules: readonly ScannedModule[],
  kind: ValueKind,
): Comparison {
  const asked = permissions?.[kind]
  const entries = Array.isArray(asked) ? asked as readonly string[] : []
  const uses = modules.flatMap(({ path, locate, uses }) =>
    uses.filter((use) => use.kind === kind).map((use) => ({ ...use, path, locate }))
  )
  const missing = asked === true ? [] : uses.flatMap(({ value, at, path, locate }): Finding[] => {
    if (value === undefined || isCovered(kind, value, entries)) return []
    const line = `[permissions] ${kind} = ${JSON.stringify([suggestValue(kind, value)])}`
    const message = `"${display(value)}" is not granted: ${line}`
    return [{ file: path, ...locate(at), message }]
  })
  const isOpen = modules.some(({ unseen }) => unseen.has(kind))
  if (isOpen || !isAsked(asked)) return { unused: [], missing }
  const idle = entries.flatMap((entry, index): GrantFinding[] =>
    uses.some(({ value }) => isCovered(kind, value ?? '', [entry])) ? [] : [{
      path: ['permissions', kind, index],
      message: `nothing uses "${display(entry)}", as far as can be seen`,
    }]
  )
  const nothing = { path: ['permissions', kind], message: 'nothing uses it, as far as can be seen' }
  return { unused: uses.length === 0 ? [nothing] : idle, missing }
}

/** Answers whether a list of a manifest grants something that is used. */
function isCovered(kind: ValueKind, value: string, entries: readonly string[]): boolean {
  if (kind === 'env') return ALWAYS.has(value) || entries.includes(value)
  if (kind === 'run') {
    // Which program a name, or a directory, stands for, shows when it is looked up.
    return entries.some((entry) => entry === value || entry.includes('/'))
  }
  if (!URL.canParse(value)) return false
  const { hostname, port, protocol } = new URL(value)
  const { net } = resolvePermissions({ permissions: { net: entries } }, NOWHERE)
  return isNetGranted(net, hostname, Number(port) || (protocol === 'https:' ? 443 : 80))
}

/** Hosts mean the same everywhere. */
const NOWHERE = { home: '/', workingDirectory: '/' }

function suggestValue(kind: ValueKind, value: string): string {
  return kind === 'net' ? value.replace(/^https?:\/\//, '') : value
}

function isAsked(asked: boolean | readonly string[] | undefined): boolean {
  return asked === true || (Array.isArray(asked) && asked.length > 0)
}
