import { display, PhylumError } from '#base'
import { findFaults } from '#permissions'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import schema from '../../schema/phylum-ext.schema.json' with { type: 'json' }
import { checkSchema } from './check_schema.ts'
import type { KeyPath, Schema } from './check_schema.ts'
import { parseCheckedToml } from './checked_toml.ts'
import type { Table } from './checked_toml.ts'
import { resolveEntryPoint } from './entry_point.ts'
import type { Manifest, Workspace } from './manifest_schema.ts'
import { readSmallFile } from './read_small_file.ts'
import { describeSystemError } from './system_error.ts'

/** Name of the file in each extension's directory. */
export const MANIFEST_FILE = 'PhylumExt.toml'

/** Largest manifest, in bytes. It bounds what a hostile one can make the parser do. */
const MAX_BYTES = 64 * 1024

/** A manifest that has passed every check, with its defaults filled in. */
export type CheckedManifest =
  & Manifest
  & Required<Pick<Manifest, 'entry_point' | 'engine'>>

/** What lies in an extension's directory. */
export interface ReadManifest {
  /** The directory, absolute and without links. */
  readonly directory: string
  readonly manifest: CheckedManifest
  /** Absolute path of the module that the extension begins with, without links. */
  readonly entryPoint: string
  /** Keys without effect, each with its place; safe to show. */
  readonly warnings: readonly string[]
  /** Answers where a key stands: "/x/PhylumExt.toml:4:1"; safe to show. */
  readonly locate: (path: KeyPath) => string
}

/**
 * Reads and checks the manifest in an extension's directory; every fault is reported at once, each with its line and column.
 *
 * @throws ERR_REGISTRY_MANIFEST, or ERR_REGISTRY_PATH when the entry point is not a module inside the directory
 */
export async function readManifest(directory: string): Promise<ReadManifest> {
  const real = realPath(directory)
  const file = join(real, MANIFEST_FILE)
  const parsed = await parseManifest(readSource(file), file)
  if (parsed.kind === 'workspace') {
    const [member = ''] = parsed.workspace.workspace.members
    throw new PhylumError(
      'ERR_REGISTRY_MANIFEST',
      `Cannot use "${display(directory)}" as an extension: its manifest lists several`,
      { hints: [`name one of the extensions in "${display(member)}"`] },
    )
  }
  const { manifest, warnings, locate } = parsed
  const checked = { ...manifest, ...withDefaults(manifest) }
  const entryPoint = resolveEntryPoint(real, checked.entry_point, () => locate(['entry_point']))
  return { directory: real, manifest: checked, entryPoint, warnings, locate }
}

/** What a manifest turns out to be. */
export type ParsedManifest =
  & ({ kind: 'extension'; manifest: Manifest } | { kind: 'workspace'; workspace: Workspace })
  & Pick<ReadManifest, 'warnings' | 'locate'>

/**
 * Parses and checks the text of a manifest.
 *
 * @param file its path, for messages
 * @throws ERR_REGISTRY_MANIFEST
 */
export async function parseManifest(bytes: Uint8Array, file: string): Promise<ParsedManifest> {
  const { Manifest, Workspace } = schema.definitions as Record<'Manifest' | 'Workspace', Schema>
  const isWorkspace = (document: Table) => Object.hasOwn(document, 'workspace')
  const { document, warnings, locate } = await parseCheckedToml(bytes, file, {
    subject: 'manifest',
    code: 'ERR_REGISTRY_MANIFEST',
    check(document) {
      if (isWorkspace(document)) return checkSchema(Workspace, document)
      const { faults, unknown } = checkSchema(Manifest, document)
      return { faults: [...faults, ...findFaults(document as unknown as Manifest)], unknown }
    },
  })
  return {
    ...(isWorkspace(document)
      ? { kind: 'workspace', workspace: document as unknown as Workspace }
      : { kind: 'extension', manifest: document as unknown as Manifest }),
    warnings,
    locate,
  }
}

function readSource(file: string): Uint8Array {
  return readSmallFile(file, MAX_BYTES, (state, cause) => unreadable(file, state, cause)).bytes
}

function realPath(directory: string): string {
  try {
    return realpathSync.native(directory)
  } catch (cause) {
    throw unreadable(join(directory, MANIFEST_FILE), describeSystemError(cause), cause)
  }
}

function unreadable(file: string, state: string, cause?: unknown): PhylumError {
  const message = `Cannot read manifest "${display(file)}": ${state}`
  return new PhylumError('ERR_REGISTRY_MANIFEST', message, { cause })
}

function withDefaults(manifest: Manifest) {
  const { entry_point, engine } = schema.definitions.Manifest.properties
  return {
    entry_point: manifest.entry_point ?? entry_point.default,
    engine: manifest.engine ?? engine.default as CheckedManifest['engine'],
  }
}
