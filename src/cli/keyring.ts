import { KeyringUnavailable } from '#auth'
import type { Keyring, KeyringPatience } from '#auth'
import { systemCode } from '#base'
import type { Environment, KeyringAccount } from '#config'
import { accessSync, constants } from 'node:fs'
import { bunSecrets } from './platform.ts'

/** Under which name the keyring shows what is ours. */
const SERVICE = 'phylum'

/** What Bun files its secrets under, on Linux; saying the same, the two find each other's. */
const SCHEMA = 'com.oven-sh.bun.Secret'

/** Where the tool of libsecret lies. Looked up in PATH, a program of the same name could take the credential. */
const SECRET_TOOL = ['/usr/bin/secret-tool', '/bin/secret-tool', '/usr/local/bin/secret-tool']

/** How long somebody may take to unlock the keyring, in milliseconds. */
const PATIENCE = 60_000

/** How long a keyring may take on a machine without a screen, where nobody could unlock it, in milliseconds. */
const HEADLESS_PATIENCE = 5_000

/** Makes the keyring of this system: Bun's own means where Bun runs, else the tool of libsecret. */
export function createKeyring(environment: Environment): Keyring & KeyringPatience {
  const hasScreen = process.platform !== 'linux' ||
    Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY)
  const limit = hasScreen ? PATIENCE : HEADLESS_PATIENCE
  const secrets = bunSecrets()
  if (secrets !== undefined) return { limit, ...viaBun(secrets) }
  return { limit, ...viaTool(environment) }
}

type Secrets = NonNullable<ReturnType<typeof bunSecrets>>

function viaBun(secrets: Secrets): Keyring {
  const of = (name: KeyringAccount) => ({ service: SERVICE, name })
  return {
    read: (account) => explain(async () => await secrets.get(of(account)) ?? undefined),
    write: (account, value) => explain(() => secrets.set({ ...of(account), value })),
    remove: (account) => explain(async () => void await secrets.delete(of(account))),
  }
}

async function explain<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new KeyringUnavailable(
      systemCode(error) === 'ERR_SECRETS_PLATFORM_ERROR' && process.platform === 'linux'
        ? 'there is no Secret Service (such as gnome-keyring) in this session'
        : 'the system refused',
    )
  }
}

function viaTool(environment: Environment): Keyring {
  const tool = SECRET_TOOL.find(isExecutable)
  const attributes = (account: KeyringAccount) => [
    ...['xdg:schema', SCHEMA],
    ...['service', SERVICE],
    ...['account', account],
  ]
  async function run(
    words: readonly string[],
    input: string,
    signal: AbortSignal,
  ): Promise<Result> {
    if (tool === undefined) {
      throw new KeyringUnavailable(
        'phylum runs under Deno, which needs the program "secret-tool" (Debian: libsecret-tools) for it',
      )
    }
    return await runTool(tool, words, input, { environment, signal })
  }
  return {
    async read(account, signal) {
      const { code, stdout, stderr } = await run(['lookup', ...attributes(account)], '', signal)
      if (code === 0) return stdout
      // Nothing found is an empty standard error; anything else says why.
      if (stderr === '') return undefined
      throw new KeyringUnavailable(NO_SERVICE)
    },
    async write(account, value, signal) {
      // Through standard input: arguments are for everybody to read.
      const words = ['store', `--label=${SERVICE}/${account}`, ...attributes(account)]
      if ((await run(words, value, signal)).code !== 0) throw new KeyringUnavailable(NO_SERVICE)
    },
    async remove(account, signal) {
      const { code, stderr } = await run(['clear', ...attributes(account)], '', signal)
      if (code !== 0 && stderr !== '') throw new KeyringUnavailable(NO_SERVICE)
    },
  }
}

const NO_SERVICE = 'there is no Secret Service (such as gnome-keyring) in this session'

interface Result {
  code: number | null
  stdout: string
  stderr: string
}

async function runTool(
  tool: string,
  words: readonly string[],
  input: string,
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): Promise<Result> {
  const { spawn } = await import('node:child_process')
  const { PHYLUM_API_KEY: _, ...env } = environment
  const child = spawn(tool, words, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const result: Result = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => result.stdout += text)
  child.stderr.setEncoding('utf8').on('data', (text) => result.stderr += text)
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  signal.addEventListener('abort', () => child.kill('SIGKILL'))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...result, code }))
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
