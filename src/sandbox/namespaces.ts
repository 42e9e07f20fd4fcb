import type { Mount, Task } from './launcher/task.ts'
import { LAUNCHER } from './launcher_file.ts'
import type { Launch } from './plan.ts'

/** What makes namespaces without root: the launcher by itself, or a program of the system. */
export type NamespaceMaker =
  | { kind: 'launcher' }
  /** By its absolute path. */
  | { kind: 'bwrap'; path: string }

/** What people are told of it. */
export function nameOf(maker: NamespaceMaker): string {
  return maker.kind === 'bwrap' ? maker.path : 'phylum itself'
}

/** How the launcher gets into its namespaces, and what it still has to do for that. */
export interface Entrance extends Pick<Task, 'namespaces' | 'mounts'> {
  /** Starts the launcher. */
  launch: Launch
}

/**
 * Says how a launcher comes to namespaces of its own: users, mounts, processes, System V messages, host name, control groups and,
 * unless it may connect to other machines, network.
 */
export function enter(
  maker: NamespaceMaker,
  mounts: readonly Mount[],
  hasNetwork: boolean,
): Entrance {
  if (maker.kind === 'launcher') return { launch: LAUNCHER, namespaces: { hasNetwork }, mounts }
  const args = [...bwrapArguments(hasNetwork), ...mounts.flatMap(bwrapMount)]
  return {
    launch: { ...LAUNCHER, command: maker.path, args: [...args, '--', LAUNCHER.command] },
    namespaces: null,
    mounts: null,
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
