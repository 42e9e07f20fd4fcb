import { posix } from 'node:path'
import { checkPath } from './path.ts'
import { refusal } from './refusal.ts'

/**
 * Checks a command in a manifest: the name of a program, or an absolute path. A relative path is refused, because the working
 * directory is not the user's choice of programs.
 *
 * @returns the name, or the normalised path
 * @throws ERR_PERMISSIONS_VALUE
 */
export function parseCommand(kind: string, value: string): string {
  checkPath(kind, value)
  if (posix.isAbsolute(value)) {
    const path = posix.resolve(value)
    if (path === '/' || value.endsWith('/')) throw refusal(kind, value, 'it is a directory')
    return path
  }
  if (value.includes('/') || /^(\.{1,2}|~)$/.test(value)) {
    throw refusal(kind, value, 'it is neither the name of a program nor an absolute path')
  }
  if (/\s/.test(value)) {
    throw refusal(kind, value, 'it holds a space; name the program without arguments')
  }
  if (value.startsWith('-')) throw refusal(kind, value, 'it begins with "-"')
  return value
}
