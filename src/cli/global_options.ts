import { display, UsageError } from '#base'
import type { Environment } from '#config'
import type { OptionSpec, OptionValues } from './option.ts'

/** Options that every command takes, before or after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { name: 'config', short: 'c', value: 'FILE', summary: 'Use FILE as settings' },
  { name: 'no-config', summary: 'Read and write no settings' },
  {
    name: 'timeout',
    short: 't',
    value: 'SECONDS',
    summary: 'How long the API may be silent (default 300)',
  },
  {
    name: 'ignore-certs',
    aliases: ['no-check-certificate'],
    summary: 'Do not check TLS certificates (dangerous)',
  },
  { name: 'org', short: 'o', value: 'ORG', summary: 'Act for an organization' },
  { name: 'color', value: 'WHEN', summary: 'Use colour: auto, always, never' },
  { name: 'no-input', summary: 'Never ask; fail instead' },
  { name: 'verbose', short: 'v', isCounted: true, summary: 'Tell more; up to -vvv' },
  { name: 'quiet', short: 'q', isCounted: true, summary: 'Tell less; -qq hides warnings' },
  { name: 'help', short: 'h', summary: 'Show help' },
  { name: 'version', short: 'V', summary: 'Show the version' },
]

/** Silence of the API that is borne when the user does not say, in seconds. */
const DEFAULT_TIMEOUT = 300

/** Longest time-out that a timer can hold, in seconds (2³¹ - 1 ms). */
const MAX_TIMEOUT = 2_147_483

/** The global options, read and checked. */
export interface GlobalOptions {
  configFile: string | undefined
  isConfigAllowed: boolean
  /** In milliseconds. */
  timeout: number
  ignoreCerts: boolean
  organization: string | undefined
  color: 'auto' | 'always' | 'never'
  isInputAllowed: boolean
  verbosity: number
}

/** What `PHYLUM_LOG` may say, as so many `-v` or, below zero, `-q`. */
const LOG_LEVELS = new Map([['error', -2], ['warn', -1], ['info', 0], ['debug', 1], ['trace', 1]])

/**
 * Reads the global options; `PHYLUM_LOG` counts where neither `-v` nor `-q` was given.
 *
 * @throws ERR_CLI_USAGE
 */
export function readGlobalOptions(
  options: OptionValues,
  environment: Environment,
): GlobalOptions {
  const text = (name: string) => {
    const value = options.get(name)
    return typeof value === 'string' ? value : undefined
  }
  const count = (name: string) => Number(options.get(name) ?? 0)
  const color = text('color') ?? 'auto'
  if (color !== 'auto' && color !== 'always' && color !== 'never') {
    throw new UsageError(`Option --color is "${display(color)}", not auto, always or never`)
  }
  return {
    configFile: text('config'),
    isConfigAllowed: !options.has('no-config'),
    timeout: readTimeout(text('timeout')),
    ignoreCerts: options.has('ignore-certs'),
    organization: text('org'),
    color,
    isInputAllowed: !options.has('no-input'),
    verbosity: options.has('verbose') || options.has('quiet')
      ? count('verbose') - count('quiet')
      : LOG_LEVELS.get(environment['PHYLUM_LOG'] ?? '') ?? 0,
  }
}

function readTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT * 1000
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (seconds > 0 && seconds <= MAX_TIMEOUT) return seconds * 1000
  throw new UsageError(
    `Option --timeout is "${
      display(text)
    }", not a number of seconds above 0, and at most ${MAX_TIMEOUT}`,
  )
}

/** Longest time that a login service has for one request, in milliseconds: less than the API, which may have much to do. */
export function loginTimeout({ timeout }: GlobalOptions): number {
  return Math.min(timeout, 15_000)
}
