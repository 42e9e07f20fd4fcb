import { display, PhylumError } from '#base'
import { parseApiUri } from '#config'
import { openAuthoring } from '#registry'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import { readRunnerOptions } from '../runner_options.ts'
import { withThrowAwayServer } from '../throw_away_server.ts'
import { findRunnable, runExtension } from './extension_run.ts'

/** `phylum ext test` */
export const extensionTest: Command = {
  name: 'ext test',
  summary: "Run an extension's tests in the sandbox, against a throw-away server",
  usage: '[NAME|PATH] [-- OPTIONS…]',
  positionals: { min: 0, max: Infinity },
  options: [{
    name: 'yes',
    short: 'y',
    summary: 'Accept what the extension asks for, for this run',
  }, {
    name: 'no-wall',
    summary: "Run without the kernel's wall (dangerous)",
  }],
  examples: [
    ['phylum ext test ./mine', 'its *_test.ts and *.test.ts, with what its manifest grants'],
    ['phylum ext test -- --filter groups', 'options for the runner of the engine'],
  ],
  async run(context, given) {
    const [first = ''] = given.positionals
    const isHere = first === '' || first.startsWith('-')
    const place = isHere ? '.' : first
    const extension = await findRunnable(context, place)
    const { engine, name } = extension.manifest
    const args = readRunnerOptions(engine, given.positionals.slice(isHere ? 0 : 1))
    const { isTest, listModules } = await openAuthoring()
    const files = listModules(extension.directory).filter(isTest)
      .map((path) => join(extension.directory, path))
    if (files.length === 0) {
      throw new PhylumError(
        'ERR_REGISTRY_NOT_FOUND',
        `Cannot test extension "${display(name)}": it has no file *_test.ts or *.test.ts`,
      )
    }
    const { readServing } = await import('../serving.ts')
    // The terminal is the tests'.
    const serving = readServing({ ...given, options: new Map() }, context.terminal, 'none')
    return await withThrowAwayServer(serving.options, 'ext test', async (server) => {
      const { createGroup } = await import('#server')
      // Something to be found there by the first test that somebody writes.
      await createGroup(server.store, server.userId, 'acme')
      const credential = { bearer: server.key, secrets: [server.key] }
      return await runExtension(context, extension, {
        args,
        isAccepted: hasOption(given, 'yes'),
        isWallRefused: hasOption(given, 'no-wall'),
        tests: {
          files,
          apiUri: parseApiUri(server.url, 'the server of the tests'),
          credential: {
            get: () => Promise.resolve(credential),
            renew: () => Promise.resolve(undefined),
          },
        },
      })
    })
  },
}
