import type { Program, Way, Word } from './program.ts'

/** Names for the directory that relative paths begin in, and for opening a place without its content (fcntl.h). */
const AT_FDCWD = -100
const O_PATH = 0o10000000
const O_CLOEXEC = 0o2000000

/** Refuses every link on the way (openat2(2)). */
const RESOLVE_NO_SYMLINKS = 0x04

/** Bytes of `struct open_how`. */
const OPEN_HOW = 24

/**
 * Opens a place by its real path. A link that somebody has put on the way since the path was resolved is an error, not another
 * place: rules and mounts hold for what was looked at.
 */
export function openPath(program: Program, way: Way, path: string, into: Word): void {
  const how = program.words(O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS)
  program.call({ ...way, into }, 'openat2', AT_FDCWD, program.text(path), how, OPEN_HOW)
}
