import { decodeName, isZero } from './tar_text.ts'
import type { RefuseTree } from './tree.ts'

/** Length of a header, and of the blocks that everything in an archive is padded to. */
export const BLOCK = 512

/** What a header of an archive says (pax(1), "ustar Interchange Format"). */
export interface TarHeader {
  /** As it stands there, prefix included. */
  readonly name: Uint8Array
  readonly mode: number
  readonly size: number
  readonly type: 'file' | 'directory' | 'pax' | 'global' | 'longname'
}

/** What an archive may not hold, by type: what is not a file can lead out, block its reader or hide how large it is. */
const REFUSED: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a named pipe',
  'K': 'a link',
  'S': 'a sparse file',
}

const TYPES: Readonly<Record<string, TarHeader['type']>> = {
  '\0': 'file',
  '0': 'file',
  '5': 'directory',
  'x': 'pax',
  'g': 'global',
  'L': 'longname',
}

/**
 * Reads a header to the letter. What lenient readers make something of (a wrong sum, letters in a number, bytes behind the end of a
 * name) two of them can read in two ways, and so the archive that was looked at would not be the one that is installed.
 */
export function parseTarHeader(block: Uint8Array, refuse: RefuseTree): TarHeader {
  if (readOctal(block, 148, 8) !== sum(block)) throw refuse('a header in it is damaged')
  const magic = String.fromCharCode(...block.subarray(257, 265))
  const isGnu = magic === 'ustar  \0'
  if (!isGnu && magic !== 'ustar\x0000') throw refuse('it is a tar archive of an unknown kind')
  // Where node's tar writes more than it must, the last bytes of the prefix are times.
  const prefix = isGnu ? new Uint8Array() : readField(block, 345, 155, 131, refuse)
  const last = readField(block, 0, 100, 100, refuse)
  const name = new Uint8Array(prefix.length === 0 ? last : [...prefix, 0x2f, ...last])
  const flag = String.fromCharCode(block[156]!)
  const type = TYPES[flag]
  if (type === undefined) {
    const what = REFUSED[flag] ?? 'of an unknown kind'
    throw refuse(`"${decodeName(name)}" is ${what}`)
  }
  const mode = readOctal(block, 100, 8)
  const size = readOctal(block, 124, 12)
  if (size === undefined || mode === undefined) {
    throw refuse(`"${decodeName(name)}" has a header with a number that is none, or too large`)
  }
  if ((mode & 0o7000) !== 0) throw refuse(`"${decodeName(name)}" is setuid, setgid or sticky`)
  if (type === 'directory' && size !== 0) {
    throw refuse(`the directory "${decodeName(name)}" has a content`)
  }
  return { name, mode, size, type }
}

/** Reads a text up to its NUL, behind which there is nothing. */
function readField(
  block: Uint8Array,
  offset: number,
  length: number,
  checked: number,
  refuse: RefuseTree,
): Uint8Array {
  const field = block.subarray(offset, offset + length)
  const end = field.indexOf(0)
  if (end === -1) return field
  if (!isZero(field.subarray(end, checked))) throw refuse('a name in it holds a NUL')
  return field.subarray(0, end)
}

/** Reads digits with spaces before them and a space or NUL behind; `undefined` for everything else. */
function readOctal(block: Uint8Array, offset: number, length: number): number | undefined {
  const text = String.fromCharCode(...block.subarray(offset, offset + length))
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(text) ?? []
  return digits === undefined ? undefined : Number.parseInt(digits, 8)
}

/** Adds up the header, its own sum taken for spaces. */
function sum(block: Uint8Array): number {
  let total = 8 * 0x20
  for (let index = 0; index < BLOCK; index++) {
    if (index < 148 || index >= 156) total += block[index]!
  }
  return total
}
