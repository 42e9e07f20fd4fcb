import { display, isPhylumError } from '#base'
import { digestExtension, listSharedFiles, openAuthoring, readManifest } from '#registry'
import type { ReadManifest } from '#registry'
import { checkTypes } from '#sandbox'
import type { KeptModules, TypeFault } from '#sandbox'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from './compose.ts'
import { gatherEditorTypes } from './editor_types.ts'
import { refreshModules } from './extension_modules.ts'
import { locateEngine } from './locate_engine.ts'

/** Something that a check has to say, and where. */
export interface Remark {
  severity: 'fault' | 'warning'
  /** Absolute path; undefined for what is about the extension as a whole. */
  file: string | undefined
  line: number
  column: number
  message: string
}

/** What came of a check. */
export interface Report {
  name: string | undefined
  directory: string
  remarks: readonly Remark[]
  /** What is shared: files and bytes. */
  files: number
  bytes: number
  /** Why types were not checked; undefined where they were. */
  untyped: string | undefined
}

/**
 * Checks an extension without running a line of it: its manifest, what it imports, its types, and whether it is granted what it uses
 * and uses what it is granted.
 *
 * @param directory absolute path
 * @throws ERR_SANDBOX_ENGINE, ERR_REGISTRY_PATH when a check cannot be made at all
 */
export async function checkExtension(context: Context, directory: string): Promise<Report> {
  const { compareGrants, refreshEditorFiles, scanExtension } = await openAuthoring()
  const remarks: Remark[] = []
  const read = await attempt(remarks, () => readManifest(directory))
  if (read === undefined) {
    return {
      name: undefined,
      directory,
      remarks,
      files: 0,
      bytes: 0,
      untyped: 'the manifest is no good',
    }
  }
  const { manifest } = read
  for (const warning of read.warnings) remarks.push(readRemark(warning, 'warning'))
  const types = await gatherEditorTypes(context, manifest.engine)
  await attempt(remarks, () => digestExtension(read.directory))
  const size = await attempt(remarks, () => measure(read)) ?? { files: 0, bytes: 0 }
  attemptWrite(context, () => refreshEditorFiles(read.directory, types))
  const scan = scanExtension(read)
  const place = (file: string) => join(read.directory, file)
  for (const each of scan.faults) {
    remarks.push({ ...each, severity: 'fault', file: place(each.file) })
  }
  for (const each of scan.warnings) {
    remarks.push({ ...each, severity: 'warning', file: place(each.file) })
  }
  const { unused, missing } = compareGrants(manifest, scan.modules)
  for (const { path, message } of unused) {
    remarks.push(readRemark(`${read.locate(path)}: ${keyOf(path)}: ${message}`, 'warning'))
  }
  for (const each of missing) {
    remarks.push({ ...each, severity: 'warning', file: place(each.file) })
  }
  const files = [read.entryPoint, ...scan.tests.map(place)]
  const modules = scan.faults.length > 0
    ? undefined
    : await attempt(remarks, () =>
      refreshModules(context, {
        directory: read.directory,
        entryPoints: files,
        engine: manifest.engine,
        request: manifest,
      }))
  const untyped = modules === undefined
    ? 'something that is imported cannot be had'
    : await check(context, { read, files, modules, declarations: types.declarations }, remarks)
  remarks.sort(byPlace)
  return { name: manifest.name, directory: read.directory, remarks, ...size, untyped }
}

/** What is about the whole comes first, and then file by file. */
function byPlace(left: Remark, right: Remark): number {
  const [one, other] = [left.file ?? '', right.file ?? '']
  if (one !== other) return one < other ? -1 : 1
  return left.line - right.line || left.column - right.column
}

/** What is wrong with an extension, and not with this machine or the network. */
const FAULTS: ReadonlySet<string> = new Set([
  'ERR_REGISTRY_MANIFEST',
  'ERR_REGISTRY_PATH',
  'ERR_REGISTRY_SOURCE',
  'ERR_REGISTRY_INTEGRITY',
  'ERR_REGISTRY_LOCK',
])

/** Does a part of the check; what is wrong with the extension becomes a fault. */
async function attempt<T>(remarks: Remark[], work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isPhylumError(error) || !FAULTS.has(error.code)) throw error
    const known = new Set(remarks.map(({ message }) => message))
    for (const remark of readRemarks(error.message)) {
      if (!known.has(remark.message)) remarks.push(remark)
    }
    return undefined
  }
}

/** Takes the places out of the message of an error that tells several faults, one a line. */
function readRemarks(message: string): Remark[] {
  const lines = message.split('\n')
  const [first = '', ...rest] = lines
  return (rest.length === 0 ? [first] : rest).map((line) => readRemark(line.trim(), 'fault'))
}

/** Reads "Cannot use manifest /x/PhylumExt.toml:1:2: …", and what names the place in quotes. */
function readRemark(line: string, severity: Remark['severity']): Remark {
  const [, act = '', file, row, column, state] =
    /^(?:Cannot use manifest |(Cannot .*) of )?"?(\/[^"]*?):(\d+):(\d+)"?: (.*)$/.exec(line) ?? []
  if (file === undefined) return { severity, file: undefined, line: 1, column: 1, message: line }
  const message = act === '' ? state! : `${act}: ${state}`
  return { severity, file, line: Number(row), column: Number(column), message }
}

function keyOf(path: readonly (string | number)[]): string {
  return `"${path.filter((key) => typeof key === 'string').join('.')}"`
}

function measure({ directory, manifest }: ReadManifest): { files: number; bytes: number } {
  const files = listSharedFiles(directory, manifest)
  const bytes = files.reduce((sum, { path }) => sum + statSync(join(directory, path)).size, 0)
  return { files: files.length, bytes }
}

/** Brings what editors read up to date; a directory that cannot be written is checked as well. */
function attemptWrite({ terminal }: Context, write: () => void): void {
  try {
    write()
  } catch (error) {
    const state = error instanceof Error ? display(error.message, 100) : 'unknown error'
    terminal.log.warn(`What editors know of phylum could not be brought up to date: ${state}`)
  }
}

/** Checks types, by Deno for both engines. @returns why not, where it cannot be done */
async function check(
  context: Context,
  { read, files, modules, declarations }: {
    read: ReadManifest
    files: readonly string[]
    modules: KeptModules | null
    declarations: string
  },
  remarks: Remark[],
): Promise<string | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), 'phylum-check-'))
  try {
    const faults = await checkTypes({
      deno: (await locateEngine(context, 'deno')).path,
      engine: read.manifest.engine,
      files,
      modules,
      declarations,
      scratch,
      cache: join(context.paths.cacheDirectory, 'check'),
    })
    remarks.push(...faults.map(asRemark))
    return undefined
  } catch (error) {
    // An extension of the other engine can do without the one that carries the compiler.
    const isMissing = isPhylumError(error, 'ERR_SANDBOX_ENGINE') && read.manifest.engine === 'bun'
    if (!isMissing) throw error
    return 'there is no Deno here, which carries the compiler'
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function asRemark({ file, line, column, message }: TypeFault): Remark {
  return { severity: 'fault', file, line, column, message: display(message) }
}
