import { createSha256 } from '#base'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BETWEEN } from './has_remote_imports.ts'
import type { ModuleRecord } from './module_record.ts'

/** Directory, below that of the modules, of those that came by URL. */
const TREE = 'tree'

/** What the engine tells of modules (`deno info --json`), as far as it is used here. */
interface Graph {
  modules: readonly GraphModule[]
  redirects: Readonly<Record<string, string>>
}

interface GraphModule {
  specifier: string
  /** Where the engine keeps it. */
  local?: string
  mediaType?: string
  dependencies?: readonly Dependency[]
}

interface Dependency {
  specifier: string
  code?: { specifier: string }
}

/** What a file's name must end with so that every engine takes it for what it is. */
const ENDINGS: Readonly<Record<string, string>> = {
  JavaScript: 'js',
  Mjs: 'mjs',
  Cjs: 'cjs',
  JSX: 'jsx',
  TypeScript: 'ts',
  Mts: 'mts',
  Cts: 'cts',
  TSX: 'tsx',
  Json: 'json',
  Wasm: 'wasm',
}

/** What the engine writes behind what it has fetched. */
const METADATA = /\n\/\/ denoCacheMetadata=\{[^\n]*\}\s*$/

/**
 * Lays modules out as files that import each other by relative paths, for an engine that knows no URLs, and tells where each import of
 * the extension leads. An error in one of them then points into a file that is there.
 *
 * @param graphs what the engine tells of the modules, one text for each entry point
 * @param directory where the files go, with the packages in "node_modules"
 */
export function writeModuleTree(
  graphs: readonly string[],
  directory: string,
): ModuleRecord['imports'] {
  const imports: Record<string, string | readonly [string, string]> = {}
  mkdirSync(join(directory, TREE), { mode: 0o700 })
  for (const text of graphs) {
    const graph = JSON.parse(text) as Graph
    const files = nameFiles(graph)
    const find = (specifier: string) => files.get(follow(graph, specifier))
    for (const module of graph.modules) {
      const file = files.get(module.specifier)
      if (file !== undefined && module.local !== undefined) {
        // Byte by byte: it need not be text.
        const source = readFileSync(module.local, 'latin1').replace(METADATA, '')
        const rewritten = rewrite(Buffer.from(source, 'latin1'), module, find)
        writeFileSync(join(directory, TREE, file), rewritten, { mode: 0o600 })
        imports[module.specifier] = `${TREE}/${file}`
      }
      for (const { code } of module.dependencies ?? []) {
        const found = code && locate(directory, graph, find, code.specifier)
        if (found !== undefined) imports[code!.specifier] = found
      }
    }
  }
  return imports
}

/** Names a file for each module that came by URL. */
function nameFiles({ modules }: Graph): Map<string, string> {
  const files = new Map<string, string>()
  for (const { specifier, mediaType = '' } of modules) {
    const ending = ENDINGS[mediaType]
    if (!/^https:/.test(specifier) || ending === undefined) continue
    const hash = createSha256().update(specifier).digest('hex').slice(0, 32)
    files.set(specifier, `${hash}.${ending}`)
  }
  return files
}

function follow({ redirects }: Graph, specifier: string): string {
  const seen = new Set<string>()
  let at = specifier
  for (let next = redirects[at]; next !== undefined && !seen.has(at); next = redirects[at]) {
    seen.add(at)
    at = next
  }
  return at
}

type Find = (specifier: string) => string | undefined

/** Tells where an import leads that is no path. */
function locate(
  directory: string,
  graph: Graph,
  find: Find,
  specifier: string,
): string | readonly [string, string] | undefined {
  const file = find(specifier)
  if (file !== undefined) return `${TREE}/${file}`
  const [, name, version, inside = ''] =
    /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.*)?$/.exec(follow(graph, specifier)) ?? []
  if (name === undefined) return undefined
  // Of two versions of a package, one alone lies at the top.
  const own = `node_modules/.deno/${name.replace('/', '+')}@${version}`
  return [`${name}${inside}`, existsSync(join(directory, own)) ? own : '.']
}

/** Replaces what a module imports by URL, or by a path on its host, with the names of files. */
function rewrite(source: Uint8Array, { dependencies = [] }: GraphModule, find: Find) {
  const names = new Map<string, string>()
  for (const { specifier, code } of dependencies) {
    const file = code && find(code.specifier)
    if (file !== undefined) names.set(specifier, `./${file}`)
  }
  if (names.size === 0) return source
  // The engine tells of one place for each specifier, and an import may stand in several.
  const every = [...names.keys()].map(escape).join('|')
  const pattern = new RegExp(`(\\b(?:from|import)${BETWEEN})(["'\`])(${every})\\2`, 'g')
  return new TextDecoder().decode(source).replace(
    pattern,
    (_, before, quote, specifier) => `${before}${quote}${names.get(specifier)}${quote}`,
  )
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
