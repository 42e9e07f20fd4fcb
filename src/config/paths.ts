import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, isAbsolute, join } from 'node:path'
import process from 'node:process'
import { display, PhylumError } from '#base'
import type { Environment } from './env.ts'

/** Where phylum keeps its files; every path is absolute. */
export interface Paths {
  readonly configDirectory: string
  readonly settingsFile: string
  readonly dataDirectory: string
  readonly extensionsDirectory: string
  /** What was installed, version by version; `extensionsDirectory` holds links to what is in use. */
  readonly storeDirectory: string
  /** What is being fetched; on the same file system as the store. */
  readonly stagingDirectory: string
  readonly stateDirectory: string
  /** What was exchanged for credentials, and what is known of keys; closed to every extension. */
  readonly credentialsDirectory: string
  readonly cacheDirectory: string
  /** Where run directories go; `undefined` when XDG_RUNTIME_DIR does not serve and the caller picks a place below TMPDIR. */
  readonly runtimeDirectory: string | undefined
  /**
   * Answers where an extension keeps its own state.
   * @throws ERR_REGISTRY_NAME when the name would leave the directory
   */
  extensionStateDirectory(name: string): string
}

/** What may be decided outside the environment. */
export interface PathOptions {
  /** The file of `--config`, instead of the one in the configuration directory; absolute. */
  settingsFile?: string | undefined
}

/**
 * Finds the places of the XDG Base Directory Specification. As it demands, a variable that is empty counts as unset, and one
 * that is not absolute is ignored: a relative one would make the working directory part of the configuration.
 *
 * @throws ERR_CONFIG_READ when a home directory is needed and cannot be found
 */
export function resolvePaths(environment: Environment, options: PathOptions = {}): Paths {
  const place = (variable: string, fallback: string): string =>
    join(absolute(environment[variable]) ?? join(homeDirectory(environment), fallback), 'phylum')

  const configDirectory = place('XDG_CONFIG_HOME', '.config')
  const dataDirectory = place('XDG_DATA_HOME', '.local/share')
  const stateDirectory = place('XDG_STATE_HOME', '.local/state')
  return {
    configDirectory,
    settingsFile: options.settingsFile ?? join(configDirectory, 'settings.yaml'),
    dataDirectory,
    extensionsDirectory: join(dataDirectory, 'extensions'),
    storeDirectory: join(dataDirectory, 'store'),
    stagingDirectory: join(dataDirectory, 'staging'),
    stateDirectory,
    credentialsDirectory: join(stateDirectory, 'credentials'),
    cacheDirectory: place('XDG_CACHE_HOME', '.cache'),
    runtimeDirectory: privateDirectory(absolute(environment.XDG_RUNTIME_DIR)),
    extensionStateDirectory(name) {
      // Stops "../../.config" from naming a directory of somebody else's, should a caller forget to check the name.
      if (name === '' || name === '.' || name === '..' || basename(name) !== name) {
        throw new PhylumError(
          'ERR_REGISTRY_NAME',
          `Cannot find the state of "${display(name)}": it is not the name of an extension`,
        )
      }
      return join(stateDirectory, 'extensions', name)
    },
  }
}

function absolute(value: string | undefined): string | undefined {
  return value !== undefined && isAbsolute(value) ? value : undefined
}

function homeDirectory(environment: Environment): string {
  const home = environment.HOME
  if (home === undefined || home === '') {
    const listed = homeInPasswordFile()
    if (listed !== undefined) return listed
  } else if (isAbsolute(home)) {
    return home
  }
  const state = home === undefined || home === ''
    ? 'HOME is not set, and the system knows none for this user'
    : `HOME is "${display(home)}", which is not an absolute path`
  throw new PhylumError('ERR_CONFIG_READ', `Cannot find the home directory: ${state}`, {
    hints: ['set HOME to the path of your home directory'],
  })
}

function homeInPasswordFile(): string | undefined {
  try {
    return absolute(userInfo().homedir)
  } catch {
    // A container often runs under a user id that no password file lists.
    return undefined
  }
}

// A directory that others can enter or swap would let them wait for the socket in it; the specification demands the same
// owner and mode.
function privateDirectory(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    const status = statSync(path)
    const isPrivate = status.isDirectory() && status.uid === process.geteuid?.() &&
      (status.mode & 0o777) === 0o700
    return isPrivate ? path : undefined
  } catch {
    return undefined
  }
}
