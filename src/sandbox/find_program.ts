import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isWithin } from './real_path.ts'

/** Where the system keeps its own programs, which only root can change. */
const SYSTEM = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']

/**
 * Finds a program of the system. `PATH` comes last, and of it only what is absolute and outside the working directory: there,
 * somebody else's "bwrap" would run with the user's rights.
 */
export function findProgram(
  name: string,
  { path, workingDirectory }: { path: string | undefined; workingDirectory: string },
): string | undefined {
  const directories = absoluteEntries(path).filter((each) =>
    workingDirectory === '/' || !isWithin(each, workingDirectory)
  )
  return [...SYSTEM, ...directories].map((each) => join(each, name)).find(isExecutable)
}

/** Finds a command as a shell would, in absolute entries of `PATH` alone. */
export function findCommand(name: string, path: string | undefined): string | undefined {
  return absoluteEntries(path).map((each) => join(each, name)).find(isExecutable)
}

/** Only absolute entries: with "." in PATH, a program in the working directory would run with the user's rights. */
function absoluteEntries(path: string | undefined): string[] {
  return (path ?? '').split(':').filter((entry) => isAbsolute(entry))
}

/** Answers whether a file can be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
