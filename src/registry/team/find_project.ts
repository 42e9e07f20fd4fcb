import { display, PhylumError } from '#base'
import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** Name of the file in which a team says what it uses. */
export const TEAM_FILE = 'phylum-extensions.toml'

/** Name of the file that says what exactly that is. */
export const LOCK_FILE = 'phylum-extensions.lock'

/** A directory with a team's extensions. */
export interface Project {
  /** Absolute. */
  readonly directory: string
  readonly teamFile: string
  readonly lockFile: string
}

/**
 * Finds the project that a directory belongs to: the nearest upward with a file that says what a team uses.
 *
 * What anybody may write into, such as /tmp, is nobody's project: a file put there would rule over what everybody below it runs. Nor is a
 * file believed that belongs to somebody else, but for root's; root may believe anybody, as what is not synced is not run.
 *
 * @throws ERR_REGISTRY_LOCK when the file belongs to another user
 */
export function findProject(workingDirectory: string): Project | undefined {
  for (let directory = workingDirectory;; directory = dirname(directory)) {
    const teamFile = join(directory, TEAM_FILE)
    const file = lstatSync(teamFile, { throwIfNoEntry: false })
    if (file !== undefined && !isOpenToAll(directory)) {
      assertOwn(teamFile, file.uid)
      return { directory, teamFile, lockFile: join(directory, LOCK_FILE) }
    }
    if (dirname(directory) === directory) return undefined
  }
}

/** Answers whether everybody may put files there without being able to remove those of others. */
function isOpenToAll(directory: string): boolean {
  return (lstatSync(directory).mode & 0o1002) === 0o1002
}

function assertOwn(file: string, owner: number): void {
  const user = process.geteuid?.() ?? 0
  if (user === 0 || owner === user || owner === 0) return
  throw new PhylumError(
    'ERR_REGISTRY_LOCK',
    `Cannot use "${display(file)}": it belongs to the user with the id ${owner}`,
    { hints: ['run phylum elsewhere, or make the file your own'] },
  )
}
