import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { PhylumError } from '#base'
import type { Environment } from '#config'

/** The system's git, and where it finds what it starts. */
export interface Git {
  /** Absolute. */
  readonly program: string
  /** The user's PATH, without what is relative. */
  readonly path: string
}

/**
 * Finds git on the user's PATH. What is relative there is passed over: a repository that one stands in could bring a `git` of its own,
 * or an `ssh`.
 *
 * @throws ERR_REGISTRY_UNREACHABLE when there is none
 */
export function findGit(environment: Environment): Git {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  const program = directories.map((directory) => join(directory, 'git')).find(isProgram)
  if (program !== undefined) return { program, path: directories.join(delimiter) }
  throw new PhylumError(
    'ERR_REGISTRY_UNREACHABLE',
    'Cannot fetch from a git repository: there is no program "git" on the PATH',
    { hints: ['install git'] },
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
