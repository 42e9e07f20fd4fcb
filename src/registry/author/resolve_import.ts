import { display } from '#base'
import { realpathSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineName } from './editor_files.ts'

/** What an import turns out to be: a file of the extension, below its directory; something of the engine; or a fault. */
export type ResolvedImport = { path: string } | { isOwn: true } | { fault: string }

/** Where an import stands. */
export interface ImportPlace {
  /** The extension's directory, without links. */
  directory: string
  /** The module that imports, below it. */
  from: string
  engine: EngineName
}

/** What Bun adds to a path that names no file. */
const ENDINGS = ['', '.ts', '.tsx', '.js', '.mjs', '.jsx', '.json', '/index.ts', '/index.js']

/** Finds out what an import leads to, in a run that downloads nothing and of an extension that is shared without its packages. */
export function resolveImport(specifier: string, place: ImportPlace): ResolvedImport {
  const shown = `"${display(specifier, 100)}"`
  if (specifier === 'phylum') return { isOwn: true }
  if (specifier.startsWith('node:')) return { isOwn: true }
  if (/^bun(:|$)/.test(specifier)) {
    return place.engine === 'bun'
      ? { isOwn: true }
      : { fault: `${shown} is not there in engine "deno"` }
  }
  // Fetched before a run; what can be said of it is said by who fetches it.
  if (/^(https|npm|jsr):/.test(specifier)) return { isOwn: true }
  if (specifier.startsWith('http:')) return { fault: `${shown} is not an https: URL` }
  if (/^\.{0,2}\//.test(specifier) || specifier.startsWith('file:')) {
    return resolveFile(specifier, shown, place)
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(specifier)) return { isOwn: true }
  if (place.engine === 'bun' && isBuiltIn(specifier)) return { isOwn: true }
  return {
    fault: isBuiltIn(specifier)
      ? `${shown} is "node:${specifier}" in engine "deno"`
      : `${shown} is a package, and node_modules is not shared; bundle it into a file of the extension`,
  }
}

function resolveFile(
  specifier: string,
  shown: string,
  { directory, from, engine }: ImportPlace,
): ResolvedImport {
  const named = specifier.startsWith('file:')
    ? toPath(specifier)
    : decode(specifier.split(/[?#]/)[0]!)
  if (named === undefined) return { fault: `${shown} is no path` }
  const wanted = posix.resolve(posix.join(directory, posix.dirname(from)), named)
  if (!isWithin(wanted, directory)) {
    return { fault: `${shown} leaves the directory of the extension` }
  }
  const found = (engine === 'bun' ? ENDINGS : ['']).map((ending) => realFile(wanted + ending))
    .find((each) => each !== undefined)
  if (found === undefined) return { fault: `${shown} leads to no file` }
  if (!isWithin(found, directory)) {
    return { fault: `${shown} leaves the directory of the extension, by a link` }
  }
  const path = posix.relative(directory, found)
  const hidden = path.split('/').find((part) => part.startsWith('.') || part === 'node_modules')
  return hidden === undefined
    ? { path }
    : { fault: `${shown} lies in "${display(hidden)}", which is not shared` }
}

function isWithin(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`)
}

function realFile(path: string): string | undefined {
  try {
    const real = realpathSync.native(path)
    return statSync(real).isFile() ? real : undefined
  } catch {
    return undefined
  }
}

function toPath(url: string): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Names that Node.js gives without "node:" as well. */
const BUILT_INS = new Set(
  'assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder timers tls tty url util v8 vm wasi worker_threads zlib'
    .split(' '),
)

function isBuiltIn(specifier: string): boolean {
  return BUILT_INS.has(specifier.split('/', 1)[0]!)
}
