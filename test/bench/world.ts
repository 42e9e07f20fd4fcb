import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { commandOf, createHome, DENO, EXECUTABLE, ROOT } from '../harness/phylum.ts'
import type { Home } from '../harness/phylum.ts'

/** A command with what it runs in. */
export interface Command {
  words: readonly string[]
  directory: string
  environment: Record<string, string>
}

/** What all measurements share: an embedded server in a process of its own, and homes whose commands find it. */
export interface World {
  /** Origin of the embedded server. */
  apiOrigin: string
  /** API key of its account. */
  key: string
  /** Makes a command that runs in a home with nothing installed. */
  command(words: readonly string[]): Command
  /** Makes the same command in a home with 1,000 installed extensions. */
  crowded(words: readonly string[]): Command
  stop(): Promise<void>
}

/** How many extensions lie in the crowded home. */
export const CROWD = 1_000

/**
 * The request of `phylum ext run groups` as people write it in a script of their own, with the token in its hands.
 */
const PLAIN_SCRIPT =
  `const response = await fetch(\`\${Deno.env.get('PHYLUM_API_URI')}/api/v0/groups\`, {
  headers: { authorization: \`Bearer \${Deno.env.get('PHYLUM_API_KEY')}\` },
})
const { groups } = await response.json()
console.log(JSON.stringify(groups, null, 2))
`

/** The plain script as people start it. */
export const PLAIN = [DENO, 'run', '--allow-net', '--allow-env', 'groups.ts']

/** A script that does nothing: what the engine itself takes. */
export const EMPTY = [DENO, 'run', 'empty.ts']

/** The ways to start phylum. */
export const HOSTS = {
  executable: [EXECUTABLE],
  bun: commandOf('launcher'),
  deno: commandOf('deno'),
}

/** Makes the world. */
export async function createWorld(): Promise<World> {
  const homes = [createHome(), createHome()] as const
  const [home, crowd] = homes
  writeScripts(home)
  writeScripts(crowd)
  await installCrowd(crowd)
  const server = await startServer(home)
  const within = (place: Home) => (words: readonly string[]): Command => ({
    words,
    directory: join(place.path, 'work'),
    environment: {
      ...place.environment,
      DENO_NO_UPDATE_CHECK: '1',
      PHYLUM_API_URI: server.apiOrigin,
      PHYLUM_API_KEY: server.key,
    },
  })
  return {
    ...server,
    command: within(home),
    crowded: within(crowd),
    async stop() {
      await server.stop()
      for (const each of homes) each.remove()
    },
  }
}

function writeScripts(home: Home): void {
  const write = (name: string, text: string) => writeFileSync(join(home.path, 'work', name), text)
  write('package.json', '{ "name": "mine", "private": true, "type": "module" }\n')
  write('groups.ts', PLAIN_SCRIPT)
  write('empty.ts', 'export {}\n')
}

/** Installs many as somebody would who has a workspace of so many. */
async function installCrowd(home: Home): Promise<void> {
  const files: Record<string, string> = {
    'PhylumExt.toml': '[workspace]\nmembers = ["extensions/*"]\n',
  }
  for (let index = 0; index < CROWD; index++) {
    const name = `extension-${index}`
    files[`extensions/${name}/PhylumExt.toml`] =
      `name = "${name}"\ndescription = "One of many"\nversion = "1.0.0"\n\n` +
      '[permissions]\nread = ["./"]\n\n[api]\nallow = ["GET /groups"]\n'
    files[`extensions/${name}/main.ts`] = 'export {}\n'
  }
  home.extension('many', files)
  const { code, stderr } = await home.phylum('executable', [
    'ext',
    'install',
    '-y',
    '--all',
    './many',
  ], { limit: 600_000 })
  if (code !== 0) throw new Error(stderr)
}

/** Starts `phylum server start` on a free port; the first start prints the key of its account. */
async function startServer(home: Home): Promise<Pick<World, 'apiOrigin' | 'key' | 'stop'>> {
  const database = join(home.path, 'api.sqlite')
  const child = home.start('executable', ['server', 'start', '--port=0', '--database', database])
  const ended = once(child, 'exit')
  let apiOrigin: string | undefined
  for await (const line of createInterface({ input: child.stderr! })) {
    apiOrigin = /Listening on (http:\/\/[^,]+),/.exec(line)?.[1]
    if (apiOrigin !== undefined) break
  }
  if (apiOrigin === undefined) throw new Error('the embedded server has not started')
  const [key] = await once(child.stdout!, 'data')
  const kill = () => child.kill()
  process.once('exit', kill)
  return {
    apiOrigin,
    key: String(key).trim(),
    async stop() {
      process.off('exit', kill)
      child.kill()
      await ended
    },
  }
}

/** Directory of the extension that measures requests from inside the sandbox. */
export const EXTENSION = join(ROOT, 'test/bench/extension')

/** Directory of an extension that sends the request of `groups` in Bun. */
export const BUN_EXTENSION = join(ROOT, 'test/bench/bun_extension')

/** The same program with the engine's own `fetch`, as people start it. */
export const DIRECT = [DENO, 'run', '--allow-net', join(EXTENSION, 'main.js')]
