import { display, PhylumError, systemCode } from '#base'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'

/** Longest path of a unix socket, in bytes, its closing zero not counted (`sun_path`, unix(7)). */
const MAX_SOCKET_PATH = 107

/**
 * Name of a run directory: its owner's process id and start, and what mkdtemp adds. In the name, because a directory and a file
 * in it come into being, and go, one after the other, and a host can be killed in between.
 */
const NAME = /^run-(\d+)\.(\d*)-/

/** The directory of one run, for this user alone. */
export interface RunDirectory {
  path: string
  /** Where the broker's socket goes. */
  socket: string
  /** Run directories of other runs, which this run's guest has no business with. */
  others: readonly string[]
  /** Removes it with all that is in it. */
  remove(): void
}

/**
 * Makes the directory of a run below the first of the given places that will do, and sweeps what killed runs left.
 *
 * The parent must be a real directory, ours, closed to others: in a shared place, somebody could have made it before us,
 * as a link or with their own rights on it.
 *
 * @param places directories in order of preference, such as `$XDG_RUNTIME_DIR` and the temporary directory
 * @throws ERR_HOST_DIRECTORY
 */
export function createRunDirectory(places: readonly string[]): RunDirectory {
  const faults: string[] = []
  for (const place of places) {
    try {
      const parent = openParent(place)
      const others = sweep(parent)
      const path = mkdtempSync(join(parent, `run-${ownerMark(process.pid) ?? `${process.pid}.`}-`))
      const socket = join(path, 'broker.sock')
      if (Buffer.byteLength(socket) > MAX_SOCKET_PATH) {
        rmSync(path, { recursive: true })
        faults.push(`"${display(place)}" is too long for a socket's path`)
        continue
      }
      return { path, socket, others, remove: () => rmSync(path, { recursive: true, force: true }) }
    } catch (error) {
      faults.push(
        error instanceof PhylumError
          ? error.message
          : `"${display(place)}": ${systemCode(error) ?? 'unusable'}`,
      )
    }
  }
  throw new PhylumError(
    'ERR_HOST_DIRECTORY',
    `Cannot make a directory for the run: ${faults.join('; ')}`,
    {
      hints: ['set TMPDIR to a short, writable directory of your own'],
    },
  )
}

function openParent(place: string): string {
  // Not os.userInfo(): it throws for an id that no password file lists, as in many containers.
  const uid = process.geteuid?.() ?? 0
  const parent = join(place, `phylum-${uid}`)
  try {
    mkdirSync(parent, { mode: 0o700 })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
  const { uid: owner, mode } = lstatSync(parent)
  if (!lstatSync(parent).isDirectory() || owner !== uid || (mode & 0o077) !== 0) {
    throw new PhylumError(
      'ERR_HOST_DIRECTORY',
      `"${display(parent)}" is not a directory of this user alone`,
    )
  }
  return parent
}

/** Removes the directories of runs whose host is gone, and lists those of the others. */
function sweep(parent: string): string[] {
  const others: string[] = []
  for (const name of readdirSync(parent)) {
    if (!basename(name).startsWith('run-')) continue
    const path = join(parent, name)
    if (isOwned(path)) others.push(path)
    else rmSync(path, { recursive: true, force: true })
  }
  return others
}

/** Answers whether the run of a directory may still be alive. */
function isOwned(path: string): boolean {
  const [, pid, start] = NAME.exec(basename(path)) ?? []
  return pid !== undefined && ownerMark(Number(pid)) === `${pid}.${start}`
}

/**
 * Names a process so that no later one has the same name: its id, and when it started (field 22 of proc_pid_stat(5)).
 * Without /proc the id alone must do. Answers `undefined` for a process that is gone.
 */
function ownerMark(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${pid}.${fields[19]}`
  } catch {
    if (isRunningLinux()) return undefined
  }
  try {
    process.kill(pid, 0)
    return `${pid}.`
  } catch (error) {
    return systemCode(error) === 'EPERM' ? `${pid}.` : undefined
  }
}

function isRunningLinux(): boolean {
  try {
    return lstatSync('/proc/self').isSymbolicLink()
  } catch {
    return false
  }
}
