/**
 * Writes `extensions/phylum.d.ts`, what `import … from "phylum"` is to an editor: the declarations of what the guest exports, as the
 * compiler makes them from the guest itself, and no more of its insides than these need.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { listFiles, ROOT } from './tree.ts'

const HEAD =
  `// Made from src/guest, and from the routes and schemas of the server, by \`npm run fix\`; a test fails when it is out of date.
// deno-fmt-ignore-file
// deno-lint-ignore-file

/**
 * What \`import { api } from 'phylum'\` gives an extension. \`phylum ext new\` lays a copy of this into \`.phylum/\`, where editors and
 * \`phylum ext check\` find it.
 *
 * @module
 */
`

/** What the guest does to the global scope, which no compiler sees. */
const TAIL = `
declare global {
    /** The same as \`PhylumApi\`, for whoever knows it from the Rust CLI. */
    const Phylum: PhylumApi;
}
`

/** A declaration at the top of a file. */
interface Declaration {
  name: string
  text: string
}

/** Compiles the guest's declarations, and puts together what an extension can see of them. */
export async function renderDeclarations(): Promise<string> {
  return await withTemporaryDirectory(async (directory) => {
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    const words = [
      ...['-p', join(ROOT, 'src/guest'), '--noEmit', 'false', '--declaration'],
      ...['--emitDeclarationOnly', '--outDir', directory, '--rootDir', ROOT],
    ]
    await promisify(execFile)(tsc, words, { cwd: ROOT, env: process.env })
    const paths = [
      ...listFiles('src/guest'),
      ...listFiles('src/protocol').map((path) => `../protocol/${path}`),
    ]
    const texts = paths.filter((path) => path.endsWith('.ts'))
      .map((path) => join(directory, 'src/guest', path.replace(/\.ts$/, '.d.ts')))
      .map((path) => readFileSync(path, 'utf8'))
    const main = readFileSync(join(directory, 'src/guest/main.d.ts'), 'utf8')
    return `${HEAD}\n${assemble(main, texts)}${TAIL}`
  })
}

/** Takes what a module exports, and what that needs, out of the declarations of all modules. */
export function assemble(main: string, texts: readonly string[]): string {
  // A name may stand for a value and, declared once more, for its type.
  const declarations = new Map<string, string[]>()
  const globals: string[] = []
  for (const text of texts) {
    for (
      const { name, text: statement } of split(withOwnNames(withoutAliases(text), declarations))
    ) {
      if (/^(\/\*[\s\S]*?\*\/\s*)?declare global\b/.test(statement)) globals.push(statement)
      else if (name === '') continue
      else {
        const known = declarations.get(name) ?? []
        if (known.some((each) => each.replace(/^export /m, '') === statement)) continue
        declarations.set(name, [...known, statement])
      }
    }
  }
  const wanted = exportsOf(main)
  for (const name of wanted) {
    const statements = declarations.get(name)
    if (statements === undefined) throw new Error(`nothing declares "${name}"`)
    for (const word of statements.flatMap(words)) if (declarations.has(word)) wanted.add(word)
  }
  for (const text of globals) {
    for (const word of words(text)) if (declarations.has(word)) wanted.add(word)
  }
  const exported = exportsOf(main)
  const shown = [...wanted].flatMap((name) =>
    declarations.get(name)!.map((text): Declaration => ({ name, text }))
  )
  // What is exported comes first; all the rest can be named by types, too.
  shown.sort((left, right) => Number(exported.has(right.name)) - Number(exported.has(left.name)))
  return `${[...shown.map(({ text }) => asExport(text)), ...globals].join('\n\n')}\n`
}

/** Calls what is imported under another name by its own. */
function withoutAliases(text: string): string {
  // In what is imported and exported alone: prose has these words too.
  const clauses = [...text.matchAll(/^(?:import|export) (?:type )?\{[^}]*\}/gm)].join('\n')
  const aliases = [...clauses.matchAll(/\b([A-Za-z_$][\w$]*) as ([A-Za-z_$][\w$]*)\b/g)]
  return aliases.reduce(
    (result, [, name, alias]) => result.replace(new RegExp(`\\b${alias}\\b`, 'g'), name!),
    text,
  )
}

/**
 * Gives types names of their own where another module has other types of these names: in one module, two interfaces of a name would
 * become one.
 */
function withOwnNames(text: string, known: ReadonlyMap<string, readonly string[]>): string {
  const isType = (statement: string) => /^export (?:declare )?(?:interface|type) /m.test(statement)
  const taken = split(text).filter(({ name, text: statement }) => {
    const others = known.get(name)?.filter(isType) ?? []
    return isType(statement) && others.length > 0 && !others.includes(statement)
  })
  return taken.reduce(
    (result, { name }) => result.replace(new RegExp(`\\b${name}\\b`, 'g'), `Api${name}`),
    text,
  )
}

/** The names in a declaration, those in its comments left out. */
function words(text: string): string[] {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').match(/[A-Za-z_$][\w$]*/g) ?? []
}

/** Lists the names that a module exports. */
function exportsOf(main: string): Set<string> {
  const own = split(main).filter(({ text }) => /^export /m.test(text)).map(({ name }) => name)
  const listed = [...main.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
    .flatMap(([, names]) => names!.split(',').map((each) => each.trim().replace(/^type /, '')))
  return new Set([...own, ...listed].filter(Boolean))
}

/** Splits declarations at those lines that begin one. */
function split(text: string): Declaration[] {
  const parts: string[] = []
  let isInComment = false
  let isAfterComment = false
  for (const line of text.split('\n')) {
    const isStart = !isInComment &&
      /^(\/\*\*|export|declare|import|type|interface|class|const)/.test(line)
    if (isStart && !isAfterComment) parts.push(line)
    else if (parts.length > 0) parts[parts.length - 1] += `\n${line}`
    if (/^\/\*\*/.test(line)) isInComment = true
    isAfterComment = false
    if (isInComment && line.includes('*/')) {
      isInComment = false
      isAfterComment = true
    }
  }
  return parts.map((part) => {
    const code = part.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '')
    const [, name = ''] =
      /^(?:export )?(?:declare )?(?:abstract )?(?:const|let|function|class|interface|type|namespace|enum) ([\w$]+)/
        .exec(code) ?? []
    return { name, text: part.trimEnd() }
  })
}

function asExport(text: string): string {
  return text.replace(
    /^(?!export )((?:declare )?(?:const|let|function|class|interface|type|namespace|enum|abstract) )/m,
    'export $1',
  )
}
