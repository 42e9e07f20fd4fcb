import { PhylumError } from '#base'
import { Buffer } from 'node:buffer'
import { join, relative } from 'node:path'
import type { ReadManifest } from '../manifest.ts'
import { readSmallFile } from '../read_small_file.ts'
import { findForeignNames } from './find_foreign_names.ts'
import { isTest, listModules } from './list_modules.ts'
import { resolveImport } from './resolve_import.ts'
import { scanImports } from './scan_imports.ts'
import { scanUses } from './scan_uses.ts'
import type { Uses } from './scan_uses.ts'
import { tokenize } from './tokenize.ts'

/** Largest module that is read, in bytes. */
const MAX_MODULE = 16 * 1024 * 1024

/** Something that was found in a file. */
export interface Finding {
  /** The file, below the directory of the extension. */
  readonly file: string
  readonly line: number
  /** In characters, as editors count them. */
  readonly column: number
  readonly message: string
}

/** A module, and what it uses. */
export interface ScannedModule extends Uses {
  readonly path: string
  /** Answers where a place in it is. */
  readonly locate: (at: number) => Pick<Finding, 'line' | 'column'>
}

/** What a look at the modules of an extension has found. */
export interface ScannedExtension {
  readonly modules: readonly ScannedModule[]
  readonly faults: readonly Finding[]
  readonly warnings: readonly Finding[]
  /** Files of tests, below the directory. */
  readonly tests: readonly string[]
}

/**
 * Reads the modules that an extension and its tests are made of, from the entry point on, without running any.
 *
 * @throws ERR_REGISTRY_PATH when a module cannot be read
 */
export function scanExtension({ directory, manifest, entryPoint }: ReadManifest): ScannedExtension {
  const all = listModules(directory)
  const tests = all.filter(isTest)
  const waiting = [relative(directory, entryPoint), ...tests]
  const known = new Set(waiting)
  const modules: ScannedModule[] = []
  const faults: Finding[] = []
  const warnings: Finding[] = []
  const add = (path: string) => {
    if (known.has(path)) return
    known.add(path)
    waiting.push(path)
  }
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    // Data, and what only engines can read.
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue
    const source = readModule(join(directory, path))
    const locate = createLocate(source)
    const tokens = tokenize(source)
    const imports = scanImports(tokens)
    for (const { specifier, at } of imports) {
      // Which module it is shows when it runs: it may be any of them.
      if (specifier === undefined) all.forEach(add)
      else {
        const found = resolveImport(specifier, { directory, from: path, engine: manifest.engine })
        if ('path' in found) add(found.path)
        else if ('fault' in found) {
          faults.push({ file: path, ...locate(at), message: `Cannot import: ${found.fault}` })
        }
      }
    }
    for (const { at, message } of findForeignNames(tokens, manifest.engine)) {
      warnings.push({ file: path, ...locate(at), message })
    }
    modules.push({ path, locate, ...scanUses(tokens, imports) })
  }
  return { modules, faults, warnings, tests }
}

function readModule(path: string): string {
  const { bytes } = readSmallFile(
    path,
    MAX_MODULE,
    (state, cause) =>
      new PhylumError('ERR_REGISTRY_PATH', `Cannot read module "${path}": ${state}`, { cause }),
  )
  return Buffer.from(bytes).toString()
}

function createLocate(source: string): ScannedModule['locate'] {
  return (at) => {
    const before = source.slice(0, at)
    return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
  }
}
