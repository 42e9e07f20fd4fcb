import { posix } from 'node:path'
import { readImports } from './imports.ts'
import type { Import } from './imports.ts'
import type { Source } from './tree.ts'

/** One import of one file: of another file of src, or of a module from elsewhere. */
export interface Edge {
  from: Source
  /** Path below src, or the specifier of a package or built-in. */
  to: string
  found: Import
}

/** Lists who imports what. */
export function readEdges(sources: readonly Source[]): Edge[] {
  return sources.flatMap((from) =>
    readImports(from.text).flatMap((found) => {
      const { specifier } = found
      if (specifier === undefined) return []
      const to = specifier.startsWith('#')
        ? `${specifier.slice(1)}/mod.ts`
        : specifier.startsWith('.')
        ? posix.join(posix.dirname(from.path), specifier)
        : specifier
      return [{ from, to, found }]
    })
  )
}

/** Finds the files that reach themselves: each group is listed once, as "a.ts → b.ts → a.ts". */
export function findCycles(edges: readonly Edge[]): string[] {
  const next = Map.groupBy(edges, (edge) => edge.from.path)
  const done = new Set<string>()
  const cycles = new Set<string>()

  function walk(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path)
    if (start !== -1) cycles.add([...trail.slice(start), path].join(' → '))
    if (start !== -1 || done.has(path)) return
    for (const { to } of next.get(path) ?? []) walk(to, [...trail, path])
    done.add(path)
  }

  for (const path of [...next.keys()].sort()) walk(path, [])
  return [...cycles]
}

/** Finds what is loaded together with a file before its first line runs; to each module the file that asks for it. */
export function loadedWith(path: string, edges: readonly Edge[]): Map<string, string> {
  const next = Map.groupBy(edges, (edge) => edge.from.path)
  const loaded = new Map<string, string>()
  const waiting = [path]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const { to, found } of next.get(file) ?? []) {
      if (found.kind !== 'static' || loaded.has(to)) continue
      loaded.set(to, file)
      waiting.push(to)
    }
  }
  return loaded
}
