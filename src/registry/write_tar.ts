/** A file of an archive. */
export interface TarEntry {
  /** Relative, with "/". */
  readonly path: string
  readonly isExecutable: boolean
  readonly bytes: Uint8Array
}

/** Size of a block (POSIX.1, "ustar Interchange Format"). */
const BLOCK = 512

/** 1985-10-26T08:15:00Z, in seconds since the epoch: the one moment that npm gives to all files. */
const MOMENT = 499_162_500

/**
 * Writes a tar archive (POSIX.1, ustar) that depends on names, contents and executable bits alone: no clock, no user, no mode of the
 * machine gets into it.
 *
 * Of libraries, nanotar cuts names after 100 bytes without a word and can leave out the two blocks that end an archive.
 *
 * @param refuse builds the error for a path that the format cannot hold
 */
export function writeTar(
  entries: readonly TarEntry[],
  refuse: (path: string) => Error,
): Uint8Array<ArrayBuffer> {
  const blocks = entries.reduce((sum, { bytes }) => sum + 1 + countBlocks(bytes), 2)
  const archive = new Uint8Array(blocks * BLOCK)
  let at = 0
  for (const entry of entries) {
    writeHeader(archive.subarray(at, at + BLOCK), entry, refuse)
    archive.set(entry.bytes, at + BLOCK)
    at += (1 + countBlocks(entry.bytes)) * BLOCK
  }
  return archive
}

function countBlocks(bytes: Uint8Array): number {
  return Math.ceil(bytes.length / BLOCK)
}

function writeHeader(
  block: Uint8Array,
  { path, isExecutable, bytes }: TarEntry,
  refuse: (path: string) => Error,
): void {
  const { name, prefix } = splitPath(path, refuse)
  block.set(name, 0)
  writeOctal(block, isExecutable ? 0o755 : 0o644, 100, 8)
  writeOctal(block, 0, 108, 8)
  writeOctal(block, 0, 116, 8)
  writeOctal(block, bytes.length, 124, 12)
  writeOctal(block, MOMENT, 136, 12)
  writeText(block, '0', 156)
  writeText(block, 'ustar\u000000', 257)
  writeOctal(block, 0, 329, 8)
  writeOctal(block, 0, 337, 8)
  block.set(prefix, 345)
  // The sum is that of a header whose sum is eight spaces.
  block.fill(0x20, 148, 156)
  writeOctal(block, block.reduce((sum, byte) => sum + byte, 0), 148, 7)
}

/** Writes a number in octal digits, with leading zeros and a closing zero byte. */
function writeOctal(block: Uint8Array, value: number, at: number, size: number): void {
  writeText(block, `${value.toString(8).padStart(size - 1, '0')}\u0000`, at)
}

function writeText(block: Uint8Array, text: string, at: number): void {
  block.set(new TextEncoder().encode(text), at)
}

/** Divides a path at a slash, so that at most 155 bytes stand before it and 100 behind. */
function splitPath(
  path: string,
  refuse: (path: string) => Error,
): { name: Uint8Array; prefix: Uint8Array } {
  const bytes = new TextEncoder().encode(path)
  if (bytes.length <= 100) return { name: bytes, prefix: new Uint8Array() }
  const slash = bytes.indexOf(0x2f, bytes.length - 101)
  if (slash === -1 || slash > 155 || slash === bytes.length - 1) throw refuse(path)
  return { name: bytes.subarray(slash + 1), prefix: bytes.subarray(0, slash) }
}
