import { Fault } from './fault.ts'
import { text } from './system.ts'
import type { System } from './system.ts'
import type { Layer } from './task.ts'

/** Names for the directory that relative paths begin in, and for opening a place without its content (fcntl.h). */
const AT_FDCWD = -100
const O_PATH = 0o10000000
const O_CLOEXEC = 0o2000000

/** Refuses every link on the way (openat2(2)). */
const RESOLVE_NO_SYMLINKS = 0x04

/**
 * Opens a place by its real path. A link that somebody has put on the way since the path was resolved is an error, not another
 * place: rules and mounts hold for what was looked at.
 */
export function openPath(system: System, layer: Layer, path: string): number {
  const place = tryPath(system, path)
  if (place >= 0) return place
  throw new Fault(layer, `openat2 of ${path}`, -place)
}

/** Opens a place that may be gone. @returns a negative number when it cannot be opened */
export function tryPath(system: System, path: string): number {
  const how = new BigUint64Array([BigInt(O_PATH | O_CLOEXEC), 0n, BigInt(RESOLVE_NO_SYMLINKS)])
  const memory = new Uint8Array(how.buffer)
  return system.call('openat2', AT_FDCWD, text(path), memory, memory.length)
}
