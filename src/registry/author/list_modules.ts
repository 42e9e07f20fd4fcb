import { display, PhylumError } from '#base'
import { readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describeSystemError } from '../system_error.ts'

/** What the name of a module ends with. */
const MODULE = /\.(ts|js|mts|mjs|tsx|jsx)$/

/** What the name of a file of tests ends with; declarations are none. */
const TEST = /[._]test\.(ts|js|mts|mjs|tsx|jsx)$/

/** Most modules that are listed. */
const MAX_MODULES = 10_000

/**
 * Lists the modules in the directory of an extension, sorted, as paths below it. Declarations are no modules, and what is not shared,
 * packages and whatever begins with a dot, is left out.
 *
 * @throws ERR_REGISTRY_PATH
 */
export function listModules(directory: string): string[] {
  const modules: string[] = []
  const waiting = ['']
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const entry of readEntries(directory, parent)) {
      const path = posix.join(parent, entry.name)
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile() && MODULE.test(path) && !/\.d\.m?ts$/.test(path)) modules.push(path)
      if (modules.length > MAX_MODULES) {
        throw new PhylumError(
          'ERR_REGISTRY_PATH',
          `Cannot use extension "${display(directory)}": it holds more than ${MAX_MODULES} modules`,
        )
      }
    }
  }
  return modules.sort()
}

/** Answers whether a module holds tests, by its name. */
export function isTest(path: string): boolean {
  return TEST.test(path)
}

function readEntries(directory: string, parent: string) {
  try {
    return readdirSync(join(directory, parent), { withFileTypes: true })
  } catch (cause) {
    throw new PhylumError(
      'ERR_REGISTRY_PATH',
      `Cannot use extension "${display(directory)}": ${describeSystemError(cause)}`,
      { cause },
    )
  }
}
