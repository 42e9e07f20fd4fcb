import { posix } from 'node:path'

/** Longest file, in lines; from `ASK` on a reader may ask whether it is one idea. */
export const WALL = 500
export const ASK = 300

/** Files of src whose names others chose, or which are not TypeScript. */
const OTHER_NAMES = new Set([
  'README.md',
  'sandbox/README.md',
  'server/policy/README.md',
  'phylum.sh',
  'guest/tsconfig.json',
])

/** Words that invite everything, and so name nothing. */
const EMPTY_WORDS = new Set(
  'common helper helpers lib manager managers misc service services shared util utils'.split(' '),
)

/** Finds fault with the name of a file, by its path below src. */
export function checkName(path: string): string | undefined {
  if (OTHER_NAMES.has(path)) return undefined
  const parts = path.split('/')
  const empty = parts.flatMap((part) => part.split(/[_.]/)).find((word) => EMPTY_WORDS.has(word))
  if (empty !== undefined) return `src/${path}: "${empty}" names nothing`
  const name = posix.basename(path).replace(/\.(generated|d)\.ts$/, '.ts')
  const isSnake = [...parts.slice(0, -1), name.replace(/\.(ts|html|css|svg)$/, '')]
    .every((part) => /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(part))
  return isSnake ? undefined : `src/${path}: not in snake_case`
}

/** Counts the lines of a text. */
export function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
