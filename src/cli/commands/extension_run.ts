import { display, PhylumError } from '#base'
import { run } from '#host'
import { resolvePermissions } from '#permissions'
import { digestExtension, findExtension, NOT_DIGESTED, stateName } from '#registry'
import type { Extension } from '#registry'
import { assertHoldable, findDeno } from '#sandbox'
import { writeFileAtomic } from '#config'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { bundledDirectory, programDirectory } from '../bundled.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { USER_AGENT } from '../compose.ts'
import type { Context } from '../compose.ts'
import { assertConsent, createApiQuestion } from '../consent.ts'
import { hostEngine } from '../platform.ts'

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
    }
    assertEngine(extension)
    const granted = resolvePermissions(extension.manifest, resolve)
    const places = protectedPlaces(context)
    // Before the question: nobody is asked to agree to what is refused anyway.
    assertHoldable(granted, [...places.denyAccess, ...places.denyWrite])
    const subject = {
      extension,
      digest: await digestExtension(extension.directory),
      granted,
      context: resolve,
      isAccepted: hasOption(given, 'yes'),
      stateDirectory: paths.stateDirectory,
    }
    await assertConsent(subject, terminal)
    const { uri } = await context.apiUri()
    const { fetch, fetchAlone } = await context.platformFetch()
    const engine = await findEngine(context)
    const credential = await context.credentialSource()
    const ask = createApiQuestion(subject, terminal)
    return await terminal.lend(async (borrow) =>
      await run({
        extension: {
          name: extension.manifest.name,
          directory: extension.directory,
          entryPoint: extension.entryPoint,
          undigested: join(extension.directory, NOT_DIGESTED),
        },
        granted,
        args: given.rest,
        stateDirectory: makeStateDirectory(context, extension),
        engine,
        apiOrigin: uri,
        credential,
        ask: () => borrow(ask),
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

/** Refuses the engine that has no permissions of its own, until the kernel confines it. */
function assertEngine({ manifest }: Extension): void {
  if (manifest.engine === undefined || manifest.engine === 'deno') return
  throw new PhylumError(
    'ERR_SANDBOX_ENGINE',
    `Cannot run "${
      display(manifest.name)
    }": nothing here confines the engine "${manifest.engine}" yet`,
    { hints: ['say engine = "deno" in its manifest, if it runs there'] },
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

async function findEngine(context: Context): Promise<string> {
  const program = programDirectory()
  const modules = program === undefined ? [] : [join(program, 'node_modules'), dirname(program)]
  const own = hostEngine()
  return await findDeno({
    chosen: context.environment['PHYLUM_DENO'],
    candidates: [
      ...(own === undefined ? [] : [own]),
      ...modules.flatMap((
        each,
      ) => [join(each, `@deno/${enginePackage()}/deno`), join(each, 'deno/deno')]),
    ],
    path: context.environment['PATH'],
    cacheFile: join(context.paths.cacheDirectory, 'engines.json'),
    async write(path, data) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      await writeFileAtomic(path, data)
    },
  })
}

/** Name of the npm package that holds the engine for this machine. */
function enginePackage(): string {
  return `${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`
}

/** What stays closed to every extension, whatever it was granted: secrets, consents, and programs with the user's rights. */
function protectedPlaces({ paths }: Context): { denyAccess: string[]; denyWrite: string[] } {
  return {
    denyAccess: withTargets([
      paths.configDirectory,
      paths.settingsFile,
      join(paths.stateDirectory, 'consent'),
      join(paths.dataDirectory, 'server.sqlite'),
      paths.cacheDirectory,
    ]),
    denyWrite: withTargets([paths.dataDirectory, programDirectory() ?? process.execPath]),
  }
}

/** Adds where links lead: the engine compares paths as they are written. */
function withTargets(places: readonly string[]): string[] {
  return [...new Set(places.flatMap((path) => [path, realPath(path)]))]
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function isPlace(path: string | undefined): path is string {
  return path !== undefined && path !== ''
}
