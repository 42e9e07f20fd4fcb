import { PhylumError } from '#base'
import { closeSync, openSync, writeSync } from 'node:fs'
import { openKernel } from './kernel.ts'
import type { Kernel } from './kernel.ts'
import type { Launch } from './plan.ts'
import type { Launcher } from './launcher/write_launcher.ts'
import { writeLauncher } from './launcher/write_launcher.ts'
import type { Task } from './launcher/task.ts'

/** Descriptor of the file in the process that becomes the launcher; the one before it is the pipe to the host. */
export const LAUNCHER_DESCRIPTOR = 4

/** Starts the launcher, wherever its root is: the file has no other name. */
export const LAUNCHER: Launch = {
  command: `/proc/self/fd/${LAUNCHER_DESCRIPTOR}`,
  args: [],
  environment: {},
}

/** A launcher that can be started. */
export interface OpenLauncher extends Launcher {
  descriptor: number
}

// memfd_create(2), landlock(7)
const MFD_CLOEXEC = 1
const MFD_EXEC = 0x10
const CREATE_RULESET_VERSION = 1

/**
 * Makes the file of a launcher. It is in memory alone, so that no directory has to be one from which programs may be started, and
 * nobody else finds it.
 *
 * @throws ERR_SANDBOX_START
 */
export async function openLauncher(task: Task): Promise<OpenLauncher> {
  const kernel = await openKernel()
  const launcher = writeLauncher(task, {
    machine: kernel.machine,
    landlock: versionOfLandlock(kernel),
  })
  const name = Buffer.from('phylum\0')
  // Before Linux 6.3, every such file can be executed, and nothing is known of a flag for it.
  const create = (flags: number) => kernel.call('memfd_create', name, flags)
  const asked = create(MFD_CLOEXEC | MFD_EXEC)
  const made = asked < 0 ? create(MFD_CLOEXEC) : asked
  if (made < 0) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      'Cannot put up the wall: the system lets no file in memory be executed (memfd_create)',
      { hints: ['set vm.memfd_noexec of the kernel to 0 or 1 (sysctl)'] },
    )
  }
  try {
    // By its name, since to Deno the number of a descriptor means nothing that it has not opened itself.
    const file = openSync(`/proc/self/fd/${made}`, 'r+')
    try {
      for (const { position, bytes } of launcher.pieces) writeAll(file, bytes, position)
    } finally {
      closeSync(file)
    }
    // A file that is open for writing is not executed.
    return { ...launcher, descriptor: openSync(`/proc/self/fd/${made}`, 'r') }
  } catch (cause) {
    throw new PhylumError(
      'ERR_SANDBOX_START',
      'Cannot put up the wall: the launcher cannot be written',
      { cause },
    )
  } finally {
    kernel.call('close', made)
  }
}

/** Tells the version of Landlock that a kernel has; 0 when it has none. */
export function versionOfLandlock({ call }: Kernel): number {
  return Math.max(0, call('landlock_create_ruleset', 0, 0, CREATE_RULESET_VERSION))
}

function writeAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, position + done)
  }
}
