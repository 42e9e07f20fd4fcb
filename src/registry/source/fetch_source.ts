import type { Expected, Fetched, FetchWorld } from './fetched.ts'
import type { Source } from './source.ts'

/**
 * Writes the tree of a source into a directory that exists, is empty and private. Nothing of it runs: no hook, no script, no filter.
 * On failure the directory is empty again.
 *
 * @throws ERR_REGISTRY_SOURCE when there is no such thing, ERR_REGISTRY_UNREACHABLE when nobody could be asked, ERR_REGISTRY_PATH when
 * what came is no proper tree, ERR_REGISTRY_INTEGRITY when it is not what was promised or demanded
 */
export async function fetchSource(
  source: Source,
  destination: string,
  world: FetchWorld,
  expected: Expected = {},
): Promise<Fetched> {
  switch (source.kind) {
    case 'directory': {
      const { fetchDirectory } = await import('./directory.ts')
      return await fetchDirectory(source, destination)
    }
    case 'archive': {
      const { fetchArchive } = await import('./archive.ts')
      return await fetchArchive(source, destination, world)
    }
    case 'npm': {
      const { fetchPackage } = await import('./npm.ts')
      return await fetchPackage(source, destination, world, expected)
    }
    case 'git': {
      const { fetchRepository } = await import('./git.ts')
      return await fetchRepository(source, destination, world, expected)
    }
  }
}
