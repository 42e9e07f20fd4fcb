import { PhylumError } from '#base'
import type { Clock, Fetch } from '#base'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** How the host sends; each runtime says some of it in its own words. */
export interface PlatformFetch {
  fetch: Fetch
  /** Sends over a connection that nothing else will use. */
  fetchAlone: Fetch
}

/** The system's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** Hosts that are this machine; no proxy has business between us and them. */
const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/**
 * Makes the process fit to hold a credential, before the first request.
 *
 * @throws ERR_CLI_USAGE when the runtime was told to print what it sends
 */
export function prepareProcess(self: Pick<NodeJS.Process, 'env' | 'on'>): void {
  const environment = self.env
  // Set from outside, this makes Bun print each request as a curl command, credential included, and it is read before
  // the first line of ours runs: deleting it is too late.
  if (environment['BUN_CONFIG_VERBOSE_FETCH'] && 'Bun' in globalThis) {
    throw new PhylumError(
      'ERR_CLI_USAGE',
      'Cannot run while BUN_CONFIG_VERBOSE_FETCH is set: it would print the credential',
      {
        hints: ['unset BUN_CONFIG_VERBOSE_FETCH', 'use -v to see the requests without it'],
      },
    )
  }
  // Deno answers the first of these by opening its debugger on port 9229, to whoever asks; of the others, a program dies that does
  // not know them, and somebody's `kill -USR2` is no reason to lose what a run is about to do.
  for (const name of ['SIGUSR1', 'SIGUSR2'] as const) self.on(name, () => {})
  // A proxy gets https as an opaque tunnel, but plain http to a local server would hand it the credential.
  const exempt = [environment['NO_PROXY'] ?? environment['no_proxy'] ?? '', ...LOOPBACK]
  environment['NO_PROXY'] = exempt.filter(Boolean).join(',')
  delete environment['no_proxy']
}

/**
 * Makes the functions with which the host reaches the API.
 *
 * @throws ERR_CLI_USAGE when certificates shall be ignored and the runtime cannot do that
 */
export function createPlatformFetch(options: { ignoreCerts: boolean }): PlatformFetch {
  if ('Bun' in globalThis) {
    // Said explicitly: NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch the check off for everything.
    const tls = { rejectUnauthorized: !options.ignoreCerts }
    return {
      fetch: (input, init) => fetch(input, { ...init, tls } as RequestInit),
      fetchAlone: (input, init) => fetch(input, { ...init, tls, keepalive: false } as RequestInit),
    }
  }
  if (options.ignoreCerts) {
    throw new PhylumError(
      'ERR_CLI_USAGE',
      'Cannot ignore certificates: phylum runs under Deno, which checks them always',
      {
        hints: ['use the phylum executable, or run it under Bun'],
      },
    )
  }
  const alone = Deno.createHttpClient({ poolMaxIdlePerHost: 0 })
  return {
    fetch: (input, init) => fetch(input, init),
    fetchAlone: (input, init) => fetch(input, { ...init, client: alone } as RequestInit),
  }
}

/** Answers whether a descriptor is a terminal (isatty(3)); `undefined` where only the runtime's own stream can tell. */
export function isTerminal(descriptor: number): boolean | undefined {
  try {
    if (!('Bun' in globalThis)) {
      return [Deno.stdin, Deno.stdout, Deno.stderr][descriptor]?.isTerminal()
    }
    // Loaded for terminals alone; Bun's own answer comes with all of its streams.
    const { dlopen } = process.getBuiltinModule('bun:ffi') as typeof import('bun:ffi')
    const library = process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6'
    const { symbols } = dlopen(library, { isatty: { args: ['i32'], returns: 'i32' } })
    return symbols.isatty(descriptor) === 1
  } catch {
    return undefined
  }
}

/** The engine that runs phylum: it is there already, so extensions can run in it too. */
export function hostEngine(): 'bun' | 'deno' {
  return 'Bun' in globalThis ? 'bun' : 'deno'
}

/** The operating system's keyring, as Bun reaches it; undefined elsewhere. */
export function bunSecrets(): typeof Bun.secrets | undefined {
  return 'Bun' in globalThis ? Bun.secrets : undefined
}

/**
 * The command line that starts this program once more, before its own arguments, in the form in which it runs: nothing of the directory one
 * stands in takes part there either.
 *
 * @param isExecutable the program is one file that carries its runtime
 */
export function ownCommand(isExecutable: boolean): string[] {
  if (isExecutable) return [process.execPath]
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  if ('Deno' in globalThis) return [Deno.execPath(), 'run', '-A', '--no-lock', main]
  return [process.execPath, '--no-env-file', '--config=/dev/null', main]
}

declare const Deno: {
  createHttpClient(options: { poolMaxIdlePerHost: number }): unknown
  stdin: { isTerminal(): boolean }
  stdout: { isTerminal(): boolean }
  stderr: { isTerminal(): boolean }
  execPath(): string
}
