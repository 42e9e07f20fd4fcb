import type { Call } from './calls.ts'
import { openPath } from './open_path.ts'
import type { Argument, Label, Program, Way, Word } from './program.ts'
import type { Mount } from './task.ts'

/** Where the new root is put together: any directory that is there; what lies in it was opened before. */
const STAGE = '/tmp'

/** What closed files are made of: a device that cannot be opened where devices are not allowed. */
const CLOSED_FILE = '/dev/null'

// mount(2), open_tree(2), mount_setattr(2), openat(2)
const MS_RDONLY = 1
const MS_NOSUID = 2
const MS_NODEV = 4
const MS_NOEXEC = 8
const MS_REC = 0x4000
const MS_PRIVATE = 0x40000
const MNT_DETACH = 2
const OPEN_TREE_CLONE = 1
const O_CLOEXEC = 0o2000000
const O_CREAT = 0o100
const O_EXCL = 0o200
const AT_FDCWD = -100
const AT_EMPTY_PATH = 0x1000
const AT_RECURSIVE = 0x8000
const MOVE_MOUNT_F_EMPTY_PATH = 4
const ATTR_RDONLY = 1
const ATTR_NOSUID = 2
const ATTR_NODEV = 4
const ATTR_NOEXEC = 8

const ATTRIBUTES = {
  read: ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV,
  write: ATTR_NOSUID | ATTR_NODEV,
  device: ATTR_NOSUID | ATTR_NOEXEC,
}

/**
 * Makes a root in which nothing is but what is listed, moves into it and gives up the rights by which that was done. It needs
 * the mount namespace and the capabilities of `enterNamespaces()`.
 */
export function makeRoot(program: Program, mounts: readonly Mount[]): void {
  must(program, '', 'mount', program.text('none'), program.text('/'), 0, MS_REC | MS_PRIVATE, 0)
  // All of them are opened before the stage covers some of them.
  const trees = mounts.map((mount) => openTree(program, mount))
  mountNew(program, 'tmpfs', STAGE, MS_NOSUID | MS_NODEV, 'mode=0755')
  const made = new Set<string>()
  for (const [index, mount] of mounts.entries()) place(program, mount, trees[index], made)
  must(program, STAGE, 'chdir', program.text(STAGE))
  // The old root comes to lie over the new one, in the same place, and is taken away there (pivot_root(2)).
  must(program, '', 'pivot_root', program.text('.'), program.text('.'))
  must(program, '', 'umount2', program.text('.'), MNT_DETACH)
  must(program, '/', 'chdir', program.text('/'))
  dropCapabilities(program)
}

function wayOf(subject: string): Way {
  return { layer: 'files', subject }
}

function must(program: Program, subject: string, name: Call, ...args: Argument[]): void {
  program.call(wayOf(subject), name, ...args)
}

function openTree(program: Program, mount: Mount): Word | undefined {
  const isClosedFile = mount.kind === 'closed' && !mount.isDirectory
  if (mount.kind !== 'bind' && !isClosedFile) return undefined
  const path = isClosedFile ? CLOSED_FILE : mount.path
  const opened = program.reserve(8).word(0)
  openPath(program, wayOf(path), path, opened)
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE
  const tree = program.ask(wayOf(path), 'open_tree', opened, program.text(''), flags)
  program.attempt('close', opened)
  const attributes = ATTRIBUTES[mount.kind === 'bind' ? mount.access : 'read']
  setAttributes(program, path, tree, AT_EMPTY_PATH | AT_RECURSIVE, attributes)
  return tree
}

/** @param made directories that are there by now */
function place(program: Program, mount: Mount, tree: Word | undefined, made: Set<string>): void {
  const path = `${STAGE}${mount.path === '/' ? '' : mount.path}`
  const isOptional = mount.kind === 'closed' && mount.isOptional
  if (mount.path !== '/' && !isOptional) makeParents(program, mount.path, made)
  const target = program.text(path)
  switch (mount.kind) {
    case 'directory':
      return makeDirectory(program, path)
    case 'link':
      must(program, mount.path, 'symlinkat', program.text(mount.target), AT_FDCWD, target)
      return
    case 'sealed':
      return setAttributes(program, path, AT_FDCWD, 0, ATTR_RDONLY)
    case 'temporary':
      makeDirectory(program, path)
      return mountNew(program, 'tmpfs', path, MS_NOSUID | MS_NODEV, mode(mount.mode))
    case 'processes':
      makeDirectory(program, path)
      // Much of it is the kernel's own switches, and root's name is enough to turn them (proc(5), /proc/sys).
      return mountNew(program, 'proc', path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, '')
    case 'closed':
      if (!mount.isDirectory) break
      makeDirectory(program, path)
      mountNew(program, 'tmpfs', path, MS_NOSUID | MS_NODEV, mode(0))
      return setAttributes(program, path, AT_FDCWD, 0, ATTR_RDONLY)
  }
  const behind: Label = {}
  // A file that is not there needs no covering, and in a root that is read-only it cannot be made for that.
  if (isOptional) {
    const found = program.reserve(8).word(0)
    openPath(program, { ...wayOf(mount.path), otherwise: behind }, path, found)
    program.attempt('close', found)
  }
  if (mount.isDirectory) makeDirectory(program, path)
  else makeFile(program, path)
  const empty = program.text('')
  must(program, mount.path, 'move_mount', tree!, empty, AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)
  program.mark(behind)
}

function mode(value: number): string {
  return `mode=0${value.toString(8)}`
}

function mountNew(program: Program, type: string, path: string, flags: number, data: string): void {
  const [kind, target, options] = [type, path, data].map((each) => program.text(each))
  must(program, path, 'mount', kind!, target!, kind!, flags, options!)
}

/** Bytes of `struct mount_attr`: set, clear, propagation, user namespace. */
const MOUNT_ATTR = 32

function setAttributes(
  program: Program,
  path: string,
  directory: Word | number,
  flags: number,
  attributes: number,
): void {
  const set = program.words(attributes, 0, 0, 0)
  const target = program.text(directory === AT_FDCWD ? path : '')
  must(program, path, 'mount_setattr', directory, target, flags, set, MOUNT_ATTR)
}

function makeParents(program: Program, path: string, made: Set<string>): void {
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    const parent = path.slice(0, end)
    if (!made.has(parent)) makeDirectory(program, STAGE + parent)
    made.add(parent)
  }
}

/** Makes a directory that may be there; where it cannot be made, what comes to it next fails. */
function makeDirectory(program: Program, path: string): void {
  program.attempt('mkdirat', AT_FDCWD, program.text(path), 0o755)
}

/** Makes a file that may be there, as one makes a directory. */
function makeFile(program: Program, path: string): void {
  const behind: Label = {}
  const flags = O_CREAT | O_EXCL | O_CLOEXEC
  const way = { ...wayOf(path), otherwise: behind }
  const file = program.ask(way, 'openat', AT_FDCWD, program.text(path), flags, 0o444)
  program.attempt('close', file)
  program.mark(behind)
}

const PR_CAPBSET_DROP = 24
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4
const CAPABILITY_VERSION_3 = 0x20080522

/** More capabilities than any kernel has: a set of them is 64 bits. */
const CAPABILITIES = 64

/** Gives up every capability, and that a program could give one back. */
function dropCapabilities(program: Program): void {
  must(program, 'capabilities', 'prctl', PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
  const behind: Label = {}
  for (let each = 0; each < CAPABILITIES; each++) {
    // The kernel says where its list ends.
    const way = { ...wayOf('capabilities'), otherwise: behind }
    program.call(way, 'prctl', PR_CAPBSET_DROP, each)
  }
  program.mark(behind)
  const header = program.words(CAPABILITY_VERSION_3)
  must(program, 'capabilities', 'capset', header, program.reserve(24))
}
