import { PhylumError } from '#base'
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { EngineKind } from './engine.ts'
import { ENGINE_CACHE, linkModules, LOCK_FILE } from './module_files.ts'
import type { KeptModules } from './plan.ts'

/** What the compiler finds wrong. */
export interface TypeFault {
  /** Absolute path; undefined where it names no place. */
  file: string | undefined
  line: number
  column: number
  message: string
}

/** What is to be checked, and with what. */
export interface TypeCheck {
  /** Executable of Deno: it carries the compiler for both engines. */
  deno: string
  engine: EngineKind
  /** Absolute paths of the modules to begin with. */
  files: readonly string[]
  /** The types of `import … from "phylum"`. */
  declarations: string
  /** An empty directory for what the compiler is told. */
  scratch: string
  /** Modules from elsewhere that were fetched for it; null when it has none. */
  modules: KeptModules | null
  /** Where the compiler keeps what it has found out, so that nothing is checked twice. */
  cache: string
}

/** How long the compiler may take, in milliseconds. */
const LIMIT = 300_000

/** Most that it may say, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024

/** Nothing that lies around takes part, and nothing is fetched. */
const CLOSED = ['--no-config', '--cached-only']

/** The same for an extension that imports nothing from elsewhere. */
const ALONE = ['--no-lock', '--no-remote', '--no-npm']

/** Bun carries no compiler, and its types are a package of npm's: to this one, its own things may be anything. */
const BUN_TYPES = `declare const Bun: any
declare module 'bun'
declare module 'bun:*'
`

/**
 * Checks the types of an extension's modules; none of them is run.
 *
 * @throws ERR_SANDBOX_ENGINE when the compiler cannot be started, or takes too long
 */
export async function checkTypes(check: TypeCheck): Promise<TypeFault[]> {
  const { scratch, engine, modules } = check
  // What one extension has fetched is nothing to another.
  const cache = modules === null ? check.cache : join(scratch, ENGINE_CACHE)
  if (modules !== null) linkModules(scratch, modules)
  const declarations = join(scratch, 'phylum.d.ts')
  writeFileSync(declarations, check.declarations)
  const map = join(scratch, 'import_map.json')
  writeFileSync(map, JSON.stringify({ imports: { phylum: pathToFileURL(declarations).href } }))
  const bun = join(scratch, 'bun.d.ts')
  writeFileSync(bun, BUN_TYPES)
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const words = [
    ...['check', ...CLOSED, `--import-map=${map}`],
    ...(modules === null ? ALONE : admit(modules)),
    // Bun finds "./file" without its ending.
    ...(engine === 'bun' ? ['--sloppy-imports'] : []),
    // Named, for the global that it tells of.
    ...[...check.files, declarations],
    ...(engine === 'bun' ? [bun] : []),
  ]
  const options = {
    cwd: scratch,
    env: {
      NO_COLOR: '1',
      DENO_DIR: cache,
      DENO_NO_UPDATE_CHECK: '1',
      DENO_NO_PACKAGE_JSON: '1',
      HOME: scratch,
      ...(modules === null || modules.jsrUrl === null ? {} : { JSR_URL: modules.jsrUrl }),
    },
    timeout: LIMIT,
    maxBuffer: MAX_BYTES,
  }
  const told = await new Promise<string | undefined>((resolve, reject) => {
    execFile(check.deno, words, options, (error, _, stderr) => {
      if (error === null) resolve(undefined)
      // A text as code is the system's: the compiler did not start, or was ended.
      else if (typeof error.code === 'number') resolve(stderr)
      else {reject(
          new PhylumError('ERR_SANDBOX_ENGINE', 'Cannot check types: Deno does not end by itself', {
            cause: error,
          }),
        )}
    })
  })
  return told === undefined ? [] : readFaults(told)
}

/** Lets the compiler read what was fetched, in the versions of the lock file. */
function admit({ directory }: KeptModules): string[] {
  return [`--lock=${directory}/${LOCK_FILE}`, '--frozen', '--allow-import', '--quiet']
}

/** Reads what `deno check` says. */
export function readFaults(text: string): TypeFault[] {
  const blocks = text.split(/\n(?=TS\d+ \[ERROR\]: |error: )|^(?=TS\d+ \[ERROR\]: |error: )/)
    .filter((block) => /^(TS\d+ \[ERROR\]|error): /.test(block))
  const faults = blocks.flatMap((block) => {
    const [, head = ''] = /^(?:TS\d+ \[ERROR\]|error): ([^]*)/.exec(block) ?? []
    if (/^Type checking failed/.test(head)) return []
    const [, url, line, column] = / +at (file:\/\/\S+?):(\d+):(\d+)/.exec(head) ?? []
    const code = /^(TS\d+)/.exec(block)?.[1]
    const message = messageOf(head)
    return [{
      file: url === undefined ? undefined : fileURLToPath(url),
      line: Number(line ?? 1),
      column: Number(column ?? 1),
      message: code === undefined ? message : `${message} (${code})`,
    }]
  })
  return faults.length > 0
    ? faults
    : [{ file: undefined, line: 1, column: 1, message: text.trim().split('\n')[0] ?? '' }]
}

/** The words of a fault, without the piece of the module that is shown below them, and the place. */
function messageOf(head: string): string {
  const lines = head.split('\n')
  const mark = lines.findIndex((line) => /^[\s|]*[~^]+\s*$/.test(line))
  const place = lines.findIndex((line) => /^ +at file:/.test(line))
  const end = mark > 0 ? mark - 1 : place > 0 ? place : 1
  return lines.slice(0, Math.max(1, end)).map((line) => line.trim())
    .filter((line) => line !== '' && line !== '|' && !line.startsWith('hint:')).join(' ')
}
