import { posix } from 'node:path'
import { checkPath, resolvePath } from './path.ts'
import type { PathContext } from './path.ts'
import { refusal } from './refusal.ts'

/** Where a program may be found. */
export interface CommandContext extends PathContext {
  /** Whether a path may be relative to the working directory: what lies there is not of the user's choice. */
  mayBeRelative: boolean
}

/**
 * Reads a command of a manifest: the name of a program, or the path of one, or of a directory of programs: absolute, below "~/", or
 * relative to the working directory where that is allowed.
 *
 * @returns the name, or the absolute and normalised path
 * @throws ERR_PERMISSIONS_VALUE
 */
export function parseCommand(kind: string, value: string, context: CommandContext): string {
  checkPath(kind, value)
  if (isPath(value)) {
    if (isRelative(value) && !context.mayBeRelative) {
      throw refusal(
        kind,
        value,
        'what lies in the working directory is not run outside the sandbox; name the program, or its place from "/" or "~/"',
      )
    }
    const path = resolvePath(kind, value, context)
    if (path === '/') throw refusal(kind, value, `it is every program; write ${kind} = true`)
    return path
  }
  if (/\s/.test(value)) {
    throw refusal(kind, value, 'it holds a space; name the program without arguments')
  }
  if (value.startsWith('-')) throw refusal(kind, value, 'it begins with "-"')
  return value
}

/** Answers whether a command is no name that is looked up in `PATH`. */
export function isPath(value: string): boolean {
  return value.includes('/') || /^(\.{1,2}|~)$/.test(value)
}

/** Answers whether a path means something else in each directory. */
export function isRelative(value: string): boolean {
  return !posix.isAbsolute(value) && !/^~(\/|$)/.test(value)
}
