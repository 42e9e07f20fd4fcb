import type { Mount } from './launcher/task.ts'

/** A program of the system that makes namespaces without root. */
export interface NamespaceMaker {
  kind: 'bwrap' | 'unshare'
  /** Absolute. */
  path: string
}

/** A command, and what of the root it leaves to the launcher. */
export interface Entrance {
  command: string
  args: readonly string[]
  /** What the launcher still has to mount; null when it finds everything in place. */
  mounts: readonly Mount[] | null
  /** Whether the launcher is the first process of the namespace. */
  isInit: boolean
}

/**
 * Writes the command that starts a launcher in namespaces of its own: users, mounts, processes, System V messages, host name and,
 * unless it may connect to other machines, network.
 */
export function enter(
  maker: NamespaceMaker,
  mounts: readonly Mount[],
  hasNetwork: boolean,
): Entrance {
  return maker.kind === 'bwrap'
    ? {
      command: maker.path,
      args: [...bwrapArguments(hasNetwork), ...mounts.flatMap(bwrapMount), '--'],
      mounts: null,
      isInit: false,
    }
    : {
      command: maker.path,
      args: [...unshareArguments(hasNetwork), '--'],
      mounts,
      isInit: true,
    }
}

function bwrapArguments(hasNetwork: boolean): string[] {
  return [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(hasNetwork ? [] : ['--unshare-net']),
    // Root keeps its capabilities otherwise.
    '--cap-drop',
    'ALL',
    '--die-with-parent',
    '--chdir',
    '/',
  ]
}

function unshareArguments(hasNetwork: boolean): string[] {
  return [
    '--user',
    '--map-current-user',
    // The launcher mounts with them, and drops them.
    '--keep-caps',
    '--mount',
    '--pid',
    '--ipc',
    '--uts',
    '--cgroup',
    ...(hasNetwork ? [] : ['--net']),
    '--fork',
    '--kill-child',
  ]
}

function bwrapMount(mount: Mount): string[] {
  const { path } = mount
  switch (mount.kind) {
    case 'bind':
      return [
        { read: '--ro-bind', write: '--bind', device: '--dev-bind' }[mount.access],
        path,
        path,
      ]
    case 'temporary':
      return ['--perms', `0${mount.mode.toString(8)}`, '--tmpfs', path]
    case 'processes':
      return ['--proc', path, '--remount-ro', path]
    case 'directory':
      return ['--dir', path]
    case 'link':
      return ['--symlink', mount.target, path]
    case 'closed':
      return mount.isDirectory
        ? ['--perms', '0000', '--tmpfs', path, '--remount-ro', path]
        : ['--ro-bind', '/dev/null', path]
    case 'sealed':
      return ['--remount-ro', path]
  }
}
