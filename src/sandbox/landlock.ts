import type { Ruleset } from './launcher/task.ts'

/** Rights on files (landlock(7)), by what they are. */
const EXECUTE = 1 << 0
const WRITE_FILE = 1 << 1
const READ_FILE = 1 << 2
const READ_DIR = 1 << 3
const REMOVE_DIR = 1 << 4
const REMOVE_FILE = 1 << 5
const MAKE_DIR = 1 << 7
const MAKE_REG = 1 << 8
const MAKE_SOCK = 1 << 9
const MAKE_FIFO = 1 << 10
const MAKE_SYM = 1 << 12
const REFER = 1 << 13
const TRUNCATE = 1 << 14
const IOCTL_DEV = 1 << 15
const RESOLVE_UNIX = 1 << 16

/** Every right there is: what is handled and not granted is refused, devices (`MAKE_CHAR`, `MAKE_BLOCK`) for everybody. */
const EVERY = (1 << 17) - 1

/** Rights that a rule on something else than a directory can hold; the kernel refuses rules with others. */
const OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX

/** What may be done in a place. */
export type Access =
  | 'read'
  /** See the names in directories. */
  | 'list'
  /** Make and remove; neither read nor change. */
  | 'make'
  /** Change, make and remove; not read. No device, pipe or socket can be made where others would meet it. */
  | 'write'
  /** A place of the run's own, where anything goes. */
  | 'own'
  /** Start programs, and read them. */
  | 'execute'
  /** Start programs. */
  | 'start'
  /** Reach the socket that it is. */
  | 'connect'

const READ = READ_FILE | READ_DIR
const WRITE = WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM |
  REFER

const RIGHTS: Readonly<Record<Access, number>> = {
  read: READ,
  list: READ_DIR,
  make: WRITE & ~(WRITE_FILE | TRUNCATE),
  write: WRITE,
  own: READ | WRITE | MAKE_SOCK | MAKE_FIFO,
  execute: READ | EXECUTE,
  start: EXECUTE,
  connect: RESOLVE_UNIX,
}

const BIND_TCP = 1 << 0
const CONNECT_TCP = 1 << 1
const SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0
const SCOPE_SIGNAL = 1 << 1

/** A place with what may be done in it; its path is real. */
export interface Rule {
  path: string
  access: Access
  isDirectory: boolean
  /** It may be gone by now: nobody has asked for it by name. */
  isOptional?: boolean
  /** What must be there. */
  identity?: string
}

/**
 * Writes rules as the kernel takes them.
 *
 * @param ports the ports that may be connected to; true for each of them. None can be listened on.
 */
export function createRuleset(rules: readonly Rule[], ports: true | readonly number[]): Ruleset {
  return {
    files: EVERY,
    ports: ports === true ? BIND_TCP : BIND_TCP | CONNECT_TCP,
    scopes: SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
    rules: rules.map(({ path, access, isDirectory, isOptional, identity }) => ({
      path,
      rights: isDirectory ? RIGHTS[access] : RIGHTS[access] & OF_FILES,
      ...(isOptional ? { isOptional } : {}),
      ...(identity === undefined ? {} : { identity }),
    })),
    portRules: ports === true ? [] : ports.map((port) => [port, CONNECT_TCP]),
  }
}
