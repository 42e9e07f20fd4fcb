import type { CredentialSource } from '#base'
import { readCurrentProject } from '#config'
import type { ApiUri } from '#config'
import { run } from '#host'
import { resolvePermissions, splitMissing } from '#permissions'
import { assertUnchanged, digestExtension, NOT_DIGESTED, stateName } from '#registry'
import type { Extension } from '#registry'
import { assertHoldable, assertWhole, findPrograms } from '#sandbox'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { commandWorld } from '../command_world.ts'
import { hasOption } from '../command.ts'
import { USER_AGENT } from '../compose.ts'
import type { Context } from '../compose.ts'
import { assertConsent, createApiQuestion } from '../consent.ts'
import { adviseModules, findKeptModules } from '../extension_modules.ts'
import { storePlaces } from '../fetch_extension.ts'
import { keyringPlaces } from '../keyring_places.ts'
import { locateEngine } from '../locate_engine.ts'
import { locateExtension } from '../locate_extension.ts'
import { protectedPlaces, realPath } from '../protected_places.ts'
import { runPlaces } from '../run_places.ts'
import type { Session } from '../session.ts'
import { chooseWall } from '../wall.ts'

/** `phylum ext run`, and `phylum NAME` */
export const extensionRun: Command = {
  name: 'ext run',
  summary: 'Run an extension',
  usage: 'NAME|PATH [ARGUMENTS]…',
  positionals: { min: 1, max: 1 },
  takesRest: true,
  options: [{
    name: 'yes',
    short: 'y',
    summary: 'Accept what the extension asks for, for this run',
  }, {
    name: 'no-wall',
    summary: "Run without the kernel's wall (dangerous)",
  }, {
    name: 'watch',
    summary: 'Run it again whenever its files change',
  }],
  examples: [
    ['phylum ext run groups', 'an installed or bundled extension; short: phylum groups'],
    ['phylum ext run ./mine --json', 'one in a directory; what follows its name is its own'],
    [
      'phylum ext run --watch ./mine',
      'again after each change; asked again only when it wants more than you agreed to',
    ],
  ],
  async run(context, given) {
    const find = () => findRunnable(context, given.positionals[0]!)
    const wish = {
      args: given.rest,
      isAccepted: hasOption(given, 'yes'),
      isWallRefused: hasOption(given, 'no-wall'),
    }
    if (hasOption(given, 'watch')) {
      const { watchExtension } = await import('../watch_extension.ts')
      return await watchExtension(
        context.terminal,
        find,
        (extension, watched) => runExtension(context, extension, { ...wish, ...watched }),
      )
    }
    return await runExtension(context, await find(), wish)
  },
}

/** Finds an extension by name or path, and says what the user should know of it. */
export async function findRunnable(context: Context, nameOrPath: string): Promise<Extension> {
  const { terminal } = context
  const extension = await locateExtension(context, nameOrPath)
  for (const warning of extension.warnings) terminal.log.warn(warning)
  return extension
}

/** How an extension is to be run. */
export interface RunWish {
  args: readonly string[]
  /** Whether what it asks for is accepted unasked. */
  isAccepted: boolean
  /** Whether the user wants no wall. */
  isWallRefused: boolean
  /** What was agreed to since this phylum started. */
  session?: Session
  /** Ends the run. */
  stop?: AbortSignal
  /** Tests to be run in its place, and the API that they call. */
  tests?: { files: readonly string[]; apiUri: ApiUri; credential: CredentialSource }
}

/** Runs an extension that was found. @returns its exit code */
export async function runExtension(
  context: Context,
  extension: Extension,
  wish: RunWish,
): Promise<number> {
  const { environment, paths, terminal, workingDirectory } = context
  const resolve = {
    home: environment['HOME'] ?? '/',
    workingDirectory,
    realPath,
  }
  const granted = resolvePermissions(extension.manifest, resolve)
  const isWriter = [granted.write, granted.unsandboxedRun].some((each) =>
    each === true || each.length > 0
  )
  const places = protectedPlaces(context, isWriter)
  const wall = await chooseWall(context, { isRefused: wish.isWallRefused })
  // Before the question: nobody is asked to agree to what is refused anyway.
  const hasNamespaces = (wall?.layers.namespaces ?? null) !== null
  assertHoldable(granted, [...places.denyAccess, ...places.denyWrite], hasNamespaces)
  const kind = extension.manifest.engine ?? 'deno'
  if (kind === 'bun') assertWhole(wall?.layers)
  const closedOutside = await keyringPlaces(context, granted.unsandboxedRun)
  const digest = digestExtension(extension.directory)
  assertUnchanged(storePlaces(context), extension, digest)
  const modules = findKeptModules(context, extension)
  const subject = {
    extension,
    digest,
    granted,
    context: resolve,
    isAccepted: wish.isAccepted,
    isRunConfined: hasNamespaces,
    stateDirectory: paths.stateDirectory,
  }
  if (!wish.session?.covers(granted)) {
    // What `-y` accepts is what the extension asks for when the session begins.
    const isAccepted = subject.isAccepted && !wish.session?.hasBegun
    await assertConsent({ ...subject, isAccepted }, terminal)
    wish.session?.agree(granted)
  }
  const uri = wish.tests?.apiUri ?? (await context.apiUri()).uri
  const { fetch, fetchAlone } = await context.platformFetch()
  const engine = { kind, ...await locateEngine(context, kind) }
  const credential = wish.tests?.credential ?? await context.credentialSource()
  const ask = createApiQuestion(subject, terminal)
  // An API that is thrown away is nobody's to protect.
  const askOnce = wish.tests === undefined
    ? wish.session?.once(ask) ?? ask
    : () => Promise.resolve(true)
  return await terminal.lend(async (borrow, terminals) =>
    await run({
      extension: {
        name: extension.manifest.name,
        directory: extension.directory,
        entryPoint: extension.entryPoint,
        undigested: join(extension.directory, NOT_DIGESTED),
        modules,
        remedy: adviseModules(extension),
        isInstalled: extension.source !== 'path',
        permissions: { ...extension.manifest.permissions },
      },
      ...splitMissing(granted, existsSync),
      args: wish.args,
      tests: wish.tests?.files,
      stop: wish.stop,
      // What tests do is not to be found there by the next run.
      stateDirectory: wish.tests === undefined ? makeStateDirectory(context, extension) : null,
      engine,
      wall,
      ...findPrograms(granted.run, environment['PATH']),
      workingDirectory,
      apiOrigin: uri,
      commands: { ...commandWorld(context, places), closedOutside },
      // A login in the middle of a run talks on a terminal in order, too.
      credential: {
        get: (aside = (talk) => talk()) => credential.get((talk) => aside(() => borrow(talk))),
        renew: (rejected) => credential.renew(rejected),
      },
      ask: () => borrow(askOnce),
      functions: { current_project: () => describeCurrentProject(workingDirectory) },
      fetch,
      fetchAlone,
      timeout: context.options.timeout,
      userAgent: USER_AGENT,
      runPlaces: runPlaces(context),
      ...places,
      // A runner of tests takes every reader for a terminal.
      environment: wish.tests !== undefined && terminal.paint('bold', '.') === '.'
        ? { ...environment, NO_COLOR: '1' }
        : environment,
      terminals,
      log: terminal.log,
    })
  )
}

/**
 * Makes the directory in which an extension keeps its state: by name for one that is installed, by place for one that is
 * not, so that no directory can claim the state of an installed extension. Without a writable place there is none.
 */
function makeStateDirectory({ paths }: Context, extension: Extension): string | null {
  const path = paths.extensionStateDirectory(stateName(extension))
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return realpathSync(path)
  } catch {
    return null
  }
}

/** Describes the project of a directory as the extension API of the Rust CLI does. */
async function describeCurrentProject(directory: string): Promise<unknown> {
  const project = await readCurrentProject(directory)
  if (project === null) return null
  const { id, name, createdAt, groupName, organizationName } = project
  return {
    id,
    name,
    created_at: createdAt,
    group_name: groupName,
    ...(organizationName === null ? {} : { organization_name: organizationName }),
  }
}
