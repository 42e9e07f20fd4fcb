import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the engine looks for packages when nobody tells it where registries are. */
const USUAL_REGISTRY = 'registry.npmjs.org'

/** What the engine writes beside packages: that it has warned of scripts, what it has set up, that nobody else does that now. */
const NOTES = /^\.(scripts-warned.*|setup-cache\.bin|deno\.lock(\.poll)?)$/

/**
 * Keeps of an engine's own directory what a run loads, and nothing else: sources and packages, so that the same of them are the same files
 * on every machine. What the engine makes of sources depends on its version, and is left out. Packages move to where the engine looks for them when no registry is configured, for in a run none is.
 *
 * @param cache the engine's own directory, with the lock file in it
 * @param others what is kept besides
 */
export function tidyCache(cache: string, lockFile: string, others: readonly string[]): void {
  movePackages(join(cache, 'npm'), listPackages(join(cache, lockFile)))
  const kept = ['remote', 'npm', lockFile, ...others]
  for (const name of readdirSync(cache)) {
    if (!kept.includes(name)) {
      rmSync(join(cache, name), { recursive: true })
    }
  }
  removeNotes(cache)
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

/** Removes what the engine has noted of its own work beside packages. */
function removeNotes(cache: string): void {
  for (const top of ['npm', 'node_modules/.deno']) {
    if (!existsSync(join(cache, top))) continue
    for (const entry of readdirSync(join(cache, top), { withFileTypes: true, recursive: true })) {
      if (NOTES.test(entry.name)) rmSync(join(entry.parentPath, entry.name), { force: true })
    }
  }
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
