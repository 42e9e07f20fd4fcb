import { must } from './fault.ts'
import { openPath, tryPath } from './open_path.ts'
import { text } from './system.ts'
import type { System } from './system.ts'
import type { Mount } from './task.ts'

const LAYER = 'files'

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
const O_NOFOLLOW = 0o400000
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

const EEXIST = 17

/**
 * Makes a root in which nothing is but what is listed, moves into it and gives up the rights by which that was done. It needs
 * the mount namespace and the capabilities that `unshare` has made for it.
 */
export function makeRoot(system: System, mounts: readonly Mount[]): void {
  must(system, LAYER, '', 'mount', text('none'), text('/'), 0, MS_REC | MS_PRIVATE, 0)
  // All of them are opened before the stage covers some of them.
  const trees = mounts.map((mount) => openTree(system, mount))
  mountNew(system, 'tmpfs', STAGE, MS_NOSUID | MS_NODEV, 'mode=0755')
  for (const [index, mount] of mounts.entries()) place(system, mount, trees[index])
  must(system, LAYER, STAGE, 'chdir', text(STAGE))
  // The old root comes to lie over the new one, in the same place, and is taken away there (pivot_root(2)).
  must(system, LAYER, '', 'pivot_root', text('.'), text('.'))
  must(system, LAYER, '', 'umount2', text('.'), MNT_DETACH)
  must(system, LAYER, '/', 'chdir', text('/'))
  dropCapabilities(system)
}

function openTree(system: System, mount: Mount): number | undefined {
  const isClosedFile = mount.kind === 'closed' && !mount.isDirectory
  if (mount.kind !== 'bind' && !isClosedFile) return undefined
  const path = isClosedFile ? CLOSED_FILE : mount.path
  const opened = openPath(system, LAYER, path)
  const flags = OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE
  const tree = must(system, LAYER, path, 'open_tree', opened, text(''), flags)
  system.call('close', opened)
  const attributes = ATTRIBUTES[mount.kind === 'bind' ? mount.access : 'read']
  setAttributes(system, path, tree, AT_EMPTY_PATH | AT_RECURSIVE, attributes)
  return tree
}

function place(system: System, mount: Mount, tree: number | undefined): void {
  const path = `${STAGE}${mount.path === '/' ? '' : mount.path}`
  const isOptional = mount.kind === 'closed' && mount.isOptional
  if (mount.path !== '/' && !isOptional) makeParents(system, mount.path)
  switch (mount.kind) {
    case 'directory':
      return makeDirectory(system, path)
    case 'link':
      must(system, LAYER, mount.path, 'symlinkat', text(mount.target), AT_FDCWD, text(path))
      return
    case 'sealed':
      return setAttributes(system, path, AT_FDCWD, 0, ATTR_RDONLY)
    case 'temporary':
      makeDirectory(system, path)
      return mountNew(system, 'tmpfs', path, MS_NOSUID | MS_NODEV, mode(mount.mode))
    case 'processes':
      makeDirectory(system, path)
      // Much of it is the kernel's own switches, and root's name is enough to turn them (proc(5), /proc/sys).
      return mountNew(system, 'proc', path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, '')
    case 'closed':
      if (!mount.isDirectory) break
      makeDirectory(system, path)
      mountNew(system, 'tmpfs', path, MS_NOSUID | MS_NODEV, mode(0))
      return setAttributes(system, path, AT_FDCWD, 0, ATTR_RDONLY)
  }
  // A file that is not there needs no covering, and in a root that is read-only it cannot be made for that.
  if (isOptional && !isThere(system, path)) return
  if (mount.isDirectory) makeDirectory(system, path)
  else makeFile(system, path)
  const flags = MOVE_MOUNT_F_EMPTY_PATH
  must(system, LAYER, mount.path, 'move_mount', tree!, text(''), AT_FDCWD, text(path), flags)
}

function mode(value: number): string {
  return `mode=0${value.toString(8)}`
}

function mountNew(system: System, type: string, path: string, flags: number, data: string): void {
  must(system, LAYER, path, 'mount', text(type), text(path), text(type), flags, text(data))
}

/** Sets attributes of a mount (struct mount_attr: set, clear, propagation, user namespace). */
function setAttributes(
  system: System,
  path: string,
  directory: number,
  flags: number,
  attributes: number,
): void {
  const memory = new Uint8Array(new BigUint64Array([BigInt(attributes), 0n, 0n, 0n]).buffer)
  const place = text(directory === AT_FDCWD ? path : '')
  must(system, LAYER, path, 'mount_setattr', directory, place, flags, memory, memory.length)
}

function isThere(system: System, path: string): boolean {
  const place = tryPath(system, path)
  if (place >= 0) system.call('close', place)
  return place >= 0
}

function makeParents(system: System, path: string): void {
  for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
    makeDirectory(system, STAGE + path.slice(0, end))
  }
}

function makeDirectory(system: System, path: string): void {
  const made = system.call('mkdirat', AT_FDCWD, text(path), 0o755)
  if (made !== -EEXIST && made < 0) {
    must(system, LAYER, path, 'mkdirat', AT_FDCWD, text(path), 0o755)
  }
}

function makeFile(system: System, path: string): void {
  const flags = O_CREAT | O_CLOEXEC | O_NOFOLLOW
  const made = system.call('openat', AT_FDCWD, text(path), flags | O_EXCL, 0o444)
  if (made >= 0) system.call('close', made)
  else if (made !== -EEXIST) must(system, LAYER, path, 'openat', AT_FDCWD, text(path), flags, 0o444)
}

const O_EXCL = 0o200

const PR_CAPBSET_DROP = 24
const PR_CAP_AMBIENT = 47
const PR_CAP_AMBIENT_CLEAR_ALL = 4
const CAPABILITY_VERSION_3 = 0x20080522

/** Gives up every capability, and that a program could give one back. */
function dropCapabilities(system: System): void {
  must(system, LAYER, 'capabilities', 'prctl', PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
  // The kernel says where the list ends.
  for (let each = 0; system.call('prctl', PR_CAPBSET_DROP, each, 0, 0, 0) >= 0; each++);
  const header = new Uint32Array([CAPABILITY_VERSION_3, 0])
  const none = new Uint8Array(24)
  must(system, LAYER, 'capabilities', 'capset', new Uint8Array(header.buffer), none)
}
