import { readCurrentProject } from '#config'
import { run } from '#host'
import { resolvePermissions } from '#permissions'
import { assertUnchanged, digestExtension, findExtension, NOT_DIGESTED, stateName } from '#registry'
import type { Extension } from '#registry'
import { assertHoldable, assertWhole, findPrograms } from '#sandbox'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { bundledDirectory } from '../bundled.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { USER_AGENT } from '../compose.ts'
import type { Context } from '../compose.ts'
import { assertConsent, createApiQuestion } from '../consent.ts'
import { storePlaces } from '../fetch_extension.ts'
import { locateEngine } from '../locate_engine.ts'
import { protectedPlaces, realPath } from '../protected_places.ts'
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
  }],
  examples: [
    ['phylum ext run groups', 'an installed or bundled extension; short: phylum groups'],
    ['phylum ext run ./mine --json', 'one in a directory; what follows its name is its own'],
  ],
  async run(context, given) {
    const { environment, paths, terminal, workingDirectory } = context
    const extension = await findExtension(given.positionals[0]!, {
      extensionsDirectory: paths.extensionsDirectory,
      bundledDirectory: bundledDirectory(paths.dataDirectory),
      workingDirectory,
    })
    for (const warning of extension.warnings) terminal.log.warn(warning)
    const resolve = {
      home: environment['HOME'] ?? '/',
      workingDirectory,
      isPresent: existsSync,
      realPath,
    }
    const granted = resolvePermissions(extension.manifest, resolve)
    const isWriter = granted.write === true || granted.write.length > 0
    const places = protectedPlaces(context, isWriter)
    const wall = await chooseWall(context, {
      isRefused: hasOption(given, 'no-wall'),
      paths: [granted.read, granted.write].flatMap((each) => each === true ? [] : each).length,
    })
    // Before the question: nobody is asked to agree to what is refused anyway.
    const hasNamespaces = (wall?.layers.namespaces ?? null) !== null
    assertHoldable(granted, [...places.denyAccess, ...places.denyWrite], hasNamespaces)
    const kind = extension.manifest.engine ?? 'deno'
    if (kind === 'bun') assertWhole(wall?.layers)
    const digest = digestExtension(extension.directory)
    assertUnchanged(storePlaces(context), extension, digest)
    const subject = {
      extension,
      digest,
      granted,
      context: resolve,
      isAccepted: hasOption(given, 'yes'),
      isRunConfined: hasNamespaces,
      stateDirectory: paths.stateDirectory,
    }
    await assertConsent(subject, terminal)
    const { uri } = await context.apiUri()
    const { fetch, fetchAlone } = await context.platformFetch()
    const engine = { kind, ...await locateEngine(context, kind) }
    const credential = await context.credentialSource()
    const ask = createApiQuestion(subject, terminal)
    return await terminal.lend(async (borrow) =>
      await run({
        extension: {
          name: extension.manifest.name,
          directory: extension.directory,
          entryPoint: extension.entryPoint,
          undigested: join(extension.directory, NOT_DIGESTED),
          isInstalled: extension.source !== 'path',
          permissions: { ...extension.manifest.permissions },
        },
        granted,
        args: given.rest,
        stateDirectory: makeStateDirectory(context, extension),
        engine,
        wall,
        ...findPrograms(granted.run, environment['PATH']),
        workingDirectory,
        apiOrigin: uri,
        // A login in the middle of a run talks on a terminal in order, too.
        credential: {
          get: (aside = (talk) => talk()) => credential.get((talk) => aside(() => borrow(talk))),
          renew: (rejected) => credential.renew(rejected),
        },
        ask: () => borrow(ask),
        functions: { current_project: () => describeCurrentProject(workingDirectory) },
        fetch,
        fetchAlone,
        timeout: context.options.timeout,
        userAgent: USER_AGENT,
        runPlaces: [paths.runtimeDirectory, environment['TMPDIR'], '/tmp'].filter(isPlace),
        ...places,
        environment,
        log: terminal.log,
      })
    )
  },
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

/** Describes the project of a directory as the file that names it does. */
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

function isPlace(path: string | undefined): path is string {
  return path !== undefined && path !== ''
}
