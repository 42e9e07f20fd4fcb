import { display, PhylumError } from '#base'
import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listDirectories } from '../find_extension.ts'
import { MANIFEST_FILE, parseManifest, readManifest } from '../manifest.ts'
import { readSmallFile } from '../read_small_file.ts'

/** One of the extensions that a workspace shares. */
export interface Member {
  /** Its directory, relative to that of the workspace. */
  readonly path: string
  readonly name: string
  readonly version: string | null
  readonly description: string | null
}

/** Directories in which manifests are looked for when there is none where one should be. */
const MAX_SEARCHED = 200

/**
 * Lists what a workspace shares, in the order of the names; nothing for a directory that is one extension.
 *
 * @param source what was asked for, for messages
 * @throws ERR_REGISTRY_SOURCE when there is no manifest, or no member; ERR_REGISTRY_MANIFEST for a broken one
 */
export async function listMembers(directory: string, source: string): Promise<Member[]> {
  const refuse = (state: string, hints: string[] = []) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot use "${display(source)}": ${state}`, { hints })
  const file = join(directory, MANIFEST_FILE)
  if (!existsSync(file)) {
    const places = findManifests(directory)
    if (places.length === 0) throw refuse(`there is no ${MANIFEST_FILE} in it`)
    throw refuse(
      `there is no ${MANIFEST_FILE} at its top, but ${places.length === 1 ? 'one' : 'some'} below`,
      places.slice(0, 5).map((place) => `name the directory: "${display(place, 100)}"`),
    )
  }
  const { bytes } = readSmallFile(
    file,
    64 * 1024,
    (state) => refuse(`its ${MANIFEST_FILE} cannot be read: ${state}`),
  )
  const parsed = await parseManifest(bytes, file)
  if (parsed.kind === 'extension') return []
  const members = new Map<string, Member>()
  for (const pattern of parsed.workspace.workspace.members) {
    for (const path of expand(directory, pattern)) {
      const { manifest: { name, version, description } } = await readManifest(join(directory, path))
      const other = members.get(name)
      if (other !== undefined && other.path !== path) {
        throw refuse(`"${other.path}" and "${display(path, 100)}" are both called "${name}"`)
      }
      members.set(name, { path, name, version: version ?? null, description: description ?? null })
    }
  }
  if (members.size === 0) throw refuse('its manifest lists extensions, and there is none')
  return [...members.values()].sort((left, right) => left.name < right.name ? -1 : 1)
}

/** "extensions/*" stands for every directory there that has a manifest. */
function expand(directory: string, pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [posix.normalize(pattern)]
  const parent = posix.normalize(pattern.slice(0, -2))
  return listDirectories(join(directory, parent)).sort()
    .map((name) => posix.join(parent, name))
    .filter((path) => existsSync(join(directory, path, MANIFEST_FILE)))
}

/** Finds directories with a manifest, up to two levels down. */
function findManifests(directory: string): string[] {
  const first = listDirectories(directory).slice(0, MAX_SEARCHED)
  const second = first.flatMap((name) =>
    listDirectories(join(directory, name)).map((each) => posix.join(name, each))
  )
  return [...first, ...second.slice(0, MAX_SEARCHED)].sort()
    .filter((path) => existsSync(join(directory, path, MANIFEST_FILE)))
}
