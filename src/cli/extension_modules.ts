import { display, PhylumError, systemCode } from '#base'
import { writeFileAtomic } from '#config'
import { resolveModules } from '#host'
import { resolvePermissions } from '#permissions'
import type { PermissionRequest } from '#permissions'
import {
  computeIntegrity,
  digestModules,
  findModules,
  hasRemoteImports,
  MODULES,
  OWN_MODULES,
  readModuleRecord,
  readNpmSettings,
} from '#registry'
import type { Candidate, Extension } from '#registry'
import { LOCK_FILE } from '#sandbox'
import type { EngineKind, KeptModules } from '#sandbox'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Context } from './compose.ts'
import { storePlaces } from './fetch_extension.ts'
import { locateEngine } from './locate_engine.ts'
import { protectedPlaces } from './protected_places.ts'
import { runPlaces } from './run_places.ts'
import { chooseWall } from './wall.ts'

/** What modules are fetched for. */
export interface ModuleNeeds {
  /** Directory of the extension, without links. */
  directory: string
  /** Modules that it begins with; absolute. */
  entryPoints: readonly string[]
  engine: EngineKind
  /** What its manifest asks for: of `net`, addresses that are not of the internet. */
  request: PermissionRequest
}

/**
 * Fetches what an extension imports from elsewhere (`https:`, `npm:`, `jsr:`), and keeps it for its runs, which fetch nothing. Where its
 * directory holds a `deno.lock`, that has to say all of it.
 *
 * @param destination a directory that does not exist yet, in one that does; it is made where there is something to keep
 * @param hasTypes whether types are kept as well, for a compiler
 * @param isFrozen whether the lock file has to say all of it; otherwise what it does not say is added to the one that is kept
 * @returns the digest of what is kept; null when the extension imports nothing from elsewhere
 * @throws ERR_REGISTRY_INTEGRITY, ERR_REGISTRY_LOCK, ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE when something cannot be had as it should
 *   be; nothing is left then
 */
export async function keepModules(
  context: Context,
  needs: ModuleNeeds,
  destination: string,
  { hasTypes = false, isFrozen = true }: { hasTypes?: boolean; isFrozen?: boolean } = {},
): Promise<string | null> {
  if (!hasRemoteImports(needs.directory)) return null
  mkdirSync(destination, { mode: 0o700 })
  const remove = () => rmSync(destination, { recursive: true, force: true })
  try {
    const hasModules = await resolve(context, needs, destination, { hasTypes, isFrozen })
    if (hasModules) return digestModules(destination)
    remove()
    return null
  } catch (error) {
    remove()
    throw error
  }
}

/** Fetches what a candidate imports from elsewhere, beside its files. @throws as `keepModules()` */
export async function keepModulesOf(
  context: Context,
  { entry, directory, entryPoint, engine, request }: Candidate,
): Promise<string | null> {
  const needs = { directory, entryPoints: [entryPoint], engine, request }
  return await keepModules(context, needs, join(entry, MODULES))
}

/**
 * Fetches what an extension imports that is being written, keeps it in its directory for `phylum ext run ./…`, and brings its
 * `deno.lock` up to date: what it says already holds, and what is new is added.
 *
 * @returns the modules; null when it imports nothing from elsewhere
 * @throws as `keepModules()`; what was kept before stays then
 */
export async function refreshModules(
  context: Context,
  needs: ModuleNeeds,
): Promise<KeptModules | null> {
  const place = join(needs.directory, OWN_MODULES)
  const own = dirname(place)
  assertNoLink(own)
  if (!hasRemoteImports(needs.directory)) {
    rmSync(place, { recursive: true, force: true })
    return null
  }
  const lockFile = join(needs.directory, LOCK_FILE)
  assertNoLink(lockFile)
  mkdirSync(own, { recursive: true, mode: 0o700 })
  ignore(own)
  // A killed phylum has left its own.
  for (const name of readdirSync(own).filter((each) => each.startsWith(FRESH))) {
    rmSync(join(own, name), { recursive: true, force: true })
  }
  const fresh = mkdtempSync(join(own, FRESH))
  try {
    const digest = await keepModules(context, needs, join(fresh, 'modules'), {
      hasTypes: true,
      // There, nobody commits what is new.
      isFrozen: Boolean(context.environment['CI']),
    })
    rmSync(place, { recursive: true, force: true })
    if (digest === null) return null
    renameSync(join(fresh, 'modules'), place)
    await updateLockFile(context, join(place, LOCK_FILE), lockFile)
    return describeKept(place, needs.engine)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** What the directories begin with in which modules are fetched, beside those that are in use. */
const FRESH = 'fresh-'

/**
 * Refuses a link in the place of what is written: in a repository of somebody else's it would lead whoever checks an extension to
 * overwrite, or remove, something of their own.
 */
function assertNoLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return
  throw new PhylumError('ERR_REGISTRY_PATH', `Cannot keep modules: "${display(path)}" is a link`)
}

/** Keeps git from what can be made again at any time, and is of this machine. */
function ignore(directory: string): void {
  try {
    writeFileSync(join(directory, '.gitignore'), '*\n', { flag: 'wx' })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

/** Puts a lock file where its author commits it, unless it says the same already. */
async function updateLockFile({ terminal }: Context, from: string, to: string): Promise<void> {
  const text = readFileSync(from, 'utf8')
  const before = existsSync(to) ? readFileSync(to, 'utf8') : undefined
  if (before === text) return
  await writeFileAtomic(to, text, { mode: 0o644 })
  terminal.log.note(
    `"${LOCK_FILE}" ${before === undefined ? 'was written' : 'has changed'}: commit it`,
  )
}

/**
 * Names what was fetched for an extension, by what every machine has in common: the engine's lock file, with the versions and the hashes
 * of all modules. The files beside it hold the moment at which they came.
 */
export async function identifyModules(directory: string | null): Promise<string | null> {
  if (directory === null) return null
  return await computeIntegrity(Uint8Array.from(readFileSync(join(directory, LOCK_FILE))))
}

/**
 * Finds the modules that were fetched for an extension.
 *
 * @throws ERR_REGISTRY_INTEGRITY when they are not those that were fetched
 */
export function findKeptModules(context: Context, extension: Extension): KeptModules | null {
  const directory = findModules(storePlaces(context), extension)
  return directory === null ? null : describeKept(directory, extension.manifest.engine)
}

/** Reads what is known of modules; null for those that were made for another engine, before the manifest was changed. */
function describeKept(directory: string, engine: EngineKind): KeptModules | null {
  const record = readModuleRecord(directory)
  if (record?.engine !== engine) return null
  return { directory, hosts: record.hosts, jsrUrl: record.jsrUrl }
}

/** Says what helps when a module is missing in a run. */
export function adviseModules({ source, directory }: Extension): string {
  return source === 'path'
    ? `fetch what it imports from elsewhere: \`phylum ext check ${display(directory)}\``
    : 'what it imports from elsewhere is fetched when it is installed: `phylum ext install --overwrite SOURCE`'
}

async function resolve(
  context: Context,
  { directory, entryPoints, engine, request }: ModuleNeeds,
  destination: string,
  { hasTypes, isFrozen }: { hasTypes: boolean; isFrozen: boolean },
): Promise<boolean> {
  const { environment, workingDirectory, terminal, options } = context
  const home = environment['HOME'] ?? '/'
  const { net } = resolvePermissions(request, { home, workingDirectory })
  const settings = readNpmSettings(environment, home)
  const jsrUrl = environment['JSR_URL'] || null
  const isJsr = (url: URL) => jsrUrl !== null && url.href.startsWith(new URL(jsrUrl).href)
  const lockFile = join(directory, LOCK_FILE)
  terminal.showProgress('Fetching modules …')
  try {
    return await resolveModules({
      directory,
      entryPoints,
      kind: engine,
      destination,
      lockFile: existsSync(lockFile) ? lockFile : null,
      deno: await locateEngine(context, 'deno'),
      wall: await chooseWall(context, { isRefused: false }),
      runPlaces: runPlaces(context),
      ...protectedPlaces(context, false),
      registries: settings.registries,
      minimumAge: settings.minimumAge,
      access: (url) => ({
        isNamed: settings.isNamed(url) || isJsr(url),
        credential: settings.credential(url),
      }),
      net,
      jsrUrl,
      hasTypes,
      isFrozen,
      timeout: Math.min(options.timeout, LONGEST_SILENCE),
      log: terminal.log,
    })
  } finally {
    terminal.showProgress(undefined)
  }
}

/** How long a host may be silent, in milliseconds. */
const LONGEST_SILENCE = 60_000
