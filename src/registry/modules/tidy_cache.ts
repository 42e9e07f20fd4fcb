import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the engine looks for packages when nobody tells it where registries are. */
const USUAL_REGISTRY = 'registry.npmjs.org'

/**
 * Keeps of an engine's own directory what a run loads, and nothing else: sources, packages, and what was made of the sources. Packages
 * move to where the engine looks for them when no registry is configured, for in a run none is.
 *
 * @param cache the engine's own directory, with the lock file in it
 * @param others what is kept besides
 */
export function tidyCache(cache: string, lockFile: string, others: readonly string[]): void {
  movePackages(join(cache, 'npm'), listPackages(join(cache, lockFile)))
  const kept = ['remote', 'npm', 'gen', lockFile, ...others]
  for (const name of readdirSync(cache)) {
    if (!kept.includes(name)) {
      rmSync(join(cache, name), { recursive: true })
    }
  }
  // What was made of the extension's own sources: in a run, these may be others.
  if (!existsSync(join(cache, 'gen'))) return
  for (const name of readdirSync(join(cache, 'gen'))) {
    if (name !== 'https') rmSync(join(cache, 'gen', name), { recursive: true })
  }
}

/** Lists the packages of a lock file as "name/version". */
function listPackages(lockFile: string): Set<string> {
  const { npm = {} } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
    npm?: Record<string, unknown>
  }
  const packages = new Set<string>()
  for (const key of Object.keys(npm)) {
    // Behind the version stand the peers that it was resolved with, "a@1.0.0_b@2.0.0".
    const [, name, version] = /^((?:@[^/]+\/)?[^@/]+)@([^_]+)/.exec(key) ?? []
    packages.add(`${name}/${version}`)
    // A name with capital letters is that of an encoded directory.
    packages.add(`_/${version}`)
  }
  return packages
}

/** Moves packages from "host/path of the registry/name/version" to the usual registry. */
function movePackages(npm: string, packages: ReadonlySet<string>): void {
  if (!existsSync(npm)) return
  const usual = join(npm, USUAL_REGISTRY)
  const waiting: string[][] = [[]]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const [parent = '', name = ''] = at.slice(-2)
    const tails = [at.slice(-2), at.slice(-3), parent.startsWith('_') ? ['_', name] : []]
    const found = tails.findIndex((tail) => packages.has(tail.join('/')))
    if (found === -1) {
      for (const entry of readdirSync(join(npm, ...at), { withFileTypes: true })) {
        if (entry.isDirectory()) waiting.push([...at, entry.name])
      }
      continue
    }
    const from = join(npm, ...at)
    const to = join(usual, ...at.slice(found === 1 ? -3 : -2))
    if (from === to) continue
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    renameSync(from, to)
  }
  for (const name of readdirSync(npm)) {
    if (name !== USUAL_REGISTRY) rmSync(join(npm, name), { recursive: true })
  }
  removeRegistryFiles(usual)
}

/** Removes what the registry has said of all versions of a package. */
function removeRegistryFiles(usual: string): void {
  if (!existsSync(usual)) return
  for (const name of readdirSync(usual)) {
    const names = name.startsWith('@')
      ? readdirSync(join(usual, name)).map((each) => join(name, each))
      : [name]
    for (const each of names) rmSync(join(usual, each, 'registry.json'), { force: true })
  }
}
