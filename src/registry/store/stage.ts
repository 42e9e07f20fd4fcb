import { display, PhylumError } from '#base'
import type { PermissionRequest } from '#permissions'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { digestExtension } from '../digest.ts'
import { readManifest } from '../manifest.ts'
import { packExtension } from '../pack.ts'
import { fetchSource } from '../source/fetch_source.ts'
import type { FetchWorld } from '../source/fetched.ts'
import { renderSource } from '../source/source.ts'
import type { Source } from '../source/source.ts'
import { copySharedFiles, hashFiles } from './files.ts'
import type { FileHashes } from './files.ts'
import { listMembers } from './members.ts'
import type { Member } from './members.ts'
import { TREE } from './places.ts'
import type { StorePlaces } from './places.ts'
import { sweepStaging } from './sweep.ts'

/** An extension that was fetched and checked, and lies ready; nothing of it is in use. */
export interface Candidate {
  readonly name: string
  readonly version: string | null
  readonly description: string | null
  readonly request: PermissionRequest
  /** Directory of its entry: what becomes `store/NAME/ID`. */
  readonly entry: string
  /** Directory of its files. */
  readonly directory: string
  /** The module that it begins with. */
  readonly entryPoint: string
  readonly engine: 'deno' | 'bun'
  readonly digest: string
  readonly integrity: string
  readonly files: FileHashes
  readonly source: string
  readonly member: string | null
  readonly resolved: string
  /** The bytes that a publisher signs, and the signature that came with them. */
  readonly pack: Uint8Array<ArrayBuffer>
  readonly signature: string | null
  /** What the user should know; each one line, safe to show. */
  readonly warnings: readonly string[]
}

/** A source that was fetched. */
export interface Staged {
  /** What a workspace holds; a source that is one extension has none. */
  readonly members: readonly Member[]
  /**
   * Checks one of them, or the one extension that the source is.
   * @throws ERR_REGISTRY_MANIFEST, ERR_REGISTRY_PATH
   */
  prepare(member: string | null): Promise<Candidate>
  /** Removes all of it that was not taken over by the store. */
  dispose(): void
}

/** What fetching depends on. */
export interface StageOptions {
  readonly places: StorePlaces
  readonly world: Omit<FetchWorld, 'scratch'>
  /** What exactly must be fetched, as a record or a lock file says. */
  readonly resolved?: string
}

/**
 * Fetches a source into a directory of its own. What is shown to the user, digested and installed are these bytes: whoever changes
 * the source meanwhile changes nothing of them.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_INTEGRITY, ERR_REGISTRY_MANIFEST
 */
export async function stageSource(source: Source, options: StageOptions): Promise<Staged> {
  const { stagingDirectory } = options.places
  const place = makeStaging(stagingDirectory)
  const dispose = () => rmSync(place, { recursive: true, force: true })
  try {
    const [fetched, scratch] = ['fetched', 'scratch'].map((name) => {
      mkdirSync(join(place, name), { mode: 0o700 })
      return join(place, name)
    })
    const { resolved } = options
    const { directory, signature, ...found } = await fetchSource(
      source,
      fetched!,
      { ...options.world, scratch: scratch! },
      resolved === undefined ? {} : { resolved },
    )
    const text = renderSource(source)
    const members = await listMembers(directory, text)
    return {
      members,
      dispose,
      async prepare(member) {
        const { manifest, warnings } = await readManifest(join(directory, member ?? ''))
        const entry = join(place, `entry-${manifest.name}`)
        const tree = join(entry, TREE)
        copySharedFiles(join(directory, member ?? ''), tree, manifest)
        // From here on the copy speaks for itself.
        const { entryPoint } = await readManifest(tree)
        const { bytes, integrity } = await packExtension(tree)
        return {
          name: manifest.name,
          version: manifest.version ?? null,
          description: manifest.description ?? null,
          request: requestOf(manifest),
          entry,
          directory: tree,
          entryPoint,
          engine: manifest.engine,
          digest: digestExtension(tree),
          integrity,
          files: hashFiles(tree, manifest),
          source: text,
          member,
          resolved: found.resolved,
          pack: bytes,
          signature,
          warnings,
        }
      },
    }
  } catch (error) {
    dispose()
    throw error
  }
}

function requestOf({ permissions, api }: PermissionRequest): PermissionRequest {
  return {
    ...(permissions === undefined ? {} : { permissions }),
    ...(api === undefined ? {} : { api }),
  }
}

function makeStaging(stagingDirectory: string): string {
  try {
    mkdirSync(stagingDirectory, { recursive: true, mode: 0o700 })
    sweepStaging(stagingDirectory)
    return mkdtempSync(join(stagingDirectory, 'fetch-'))
  } catch (cause) {
    throw new PhylumError(
      'ERR_CONFIG_WRITE',
      `Cannot fetch into "${display(stagingDirectory)}": it cannot be written`,
      { cause, hints: ['set XDG_DATA_HOME to a directory that can be written'] },
    )
  }
}
