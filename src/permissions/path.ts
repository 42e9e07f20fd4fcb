import { posix } from 'node:path'
import { refusal } from './refusal.ts'

/** Longest path, in bytes (`PATH_MAX` of Linux, its closing zero counted). */
const MAX_PATH = 4095

/**
 * Stands for the directory in which an extension will be run, while nobody knows which: nothing lies in /dev/null, so no path of a
 * manifest is this one.
 */
export const ANY_DIRECTORY = '/dev/null/any'

/** What paths of a manifest are relative to. */
export interface PathContext {
  /** The user's home directory, absolute. */
  home: string
  /** The directory in which phylum was started, absolute. */
  workingDirectory: string
}

/**
 * Checks a path as it stands in a manifest. Every character means itself, a comma too; what looks like the language of a shell is
 * refused, because it would be taken literally and grant something else than its author meant.
 *
 * @throws ERR_PERMISSIONS_VALUE
 */
export function checkPath(kind: string, value: string): void {
  if (value === '') throw refusal(kind, value, 'it is empty')
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) {
    throw refusal(kind, value, 'it holds a control character')
  }
  if (!value.isWellFormed()) throw refusal(kind, value, 'it is not Unicode text')
  if (new TextEncoder().encode(value).length > MAX_PATH) {
    throw refusal(kind, value, `it is longer than ${MAX_PATH} bytes`)
  }
  const wild = /[*?[\]{}]/.exec(value)
  if (wild !== null) {
    throw refusal(
      kind,
      value,
      `it holds "${wild[0]}", and patterns are not known here; name the directory`,
    )
  }
  if (value.includes('\\')) throw refusal(kind, value, 'it holds a backslash; separate with "/"')
  if (/\$[A-Za-z_{(]/.test(value)) {
    throw refusal(kind, value, 'it holds a variable; only "~/" stands for something else')
  }
  if (/^~[^/]/.test(value)) {
    throw refusal(kind, value, 'only "~" and "~/" stand for a home directory')
  }
}

/**
 * Turns a path of a manifest into the absolute, normalised path that it means here. Dots are resolved before anything is compared:
 * "/tmp/../etc" begins with "/tmp", and is not in it.
 *
 * @throws ERR_PERMISSIONS_VALUE
 */
export function resolvePath(kind: string, value: string, context: PathContext): string {
  checkPath(kind, value)
  const isHome = value === '~' || value.startsWith('~/')
  const base = isHome ? context.home : context.workingDirectory
  if (!posix.isAbsolute(value) && !posix.isAbsolute(base)) {
    throw refusal(kind, value, `the ${isHome ? 'home' : 'working'} directory is not known`)
  }
  return posix.resolve(base, isHome ? `.${value.slice(1)}` : value)
}

/** Answers whether a path is another one or lies below it; both absolute and normalised. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
