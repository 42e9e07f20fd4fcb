import { display, PhylumError } from '#base'
import { realpathSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { isDigested } from './digest.ts'
import { describeSystemError } from './system_error.ts'

/** What a module's name ends with. */
const MODULE = /\.(ts|js|mts|mjs|tsx|jsx)$/

/**
 * Finds the module that an extension begins with: a regular file inside its directory, once every link is resolved. Anything else
 * would run code that the user was never asked about.
 *
 * @param directory of the extension, without links
 * @param where tells the place of the value, for the message: "/x/PhylumExt.toml:4:1"
 * @returns the file's absolute path, without links
 * @throws ERR_REGISTRY_PATH
 */
export function resolveEntryPoint(
  directory: string,
  entryPoint: string,
  where: () => string,
): string {
  const refuse = (state: string, cause?: unknown) =>
    new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot use entry point "${display(entryPoint, 100)}" of "${where()}": ${state}`,
      { cause },
    )
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(entryPoint)) throw refuse('it holds a control character')
  if (posix.isAbsolute(entryPoint)) {
    throw refuse('it is an absolute path; name a file in the directory')
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(entryPoint)) {
    throw refuse('it is a URL; name a file in the directory')
  }
  if (entryPoint.startsWith('-')) throw refuse('it begins with "-"')
  if (entryPoint.includes('\\')) throw refuse('it holds a backslash')
  if (entryPoint.split('/').includes('..')) throw refuse('it holds ".."')
  let path: string
  try {
    path = realpathSync.native(posix.join(directory, entryPoint))
  } catch (cause) {
    throw refuse(describeSystemError(cause), cause)
  }
  const inside = posix.relative(directory, path)
  if (inside.startsWith('../') || inside === '..') {
    throw refuse('it leads out of the directory of the extension')
  }
  if (!isDigested(inside)) throw refuse('nothing that is run may lie there')
  if (!statSync(path).isFile()) throw refuse('it is not a regular file')
  if (!MODULE.test(entryPoint) || !MODULE.test(path)) {
    throw refuse(
      'it is not a module of TypeScript or JavaScript (.ts, .js, .mts, .mjs, .tsx, .jsx)',
    )
  }
  return path
}
