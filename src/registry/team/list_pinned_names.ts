import { findProject } from './find_project.ts'
import { readLockFile } from './lock_file.ts'

/** Lists the names of what a team has pinned for a directory, without looking at any of it; none where that cannot be read. */
export async function listPinnedNames(workingDirectory: string): Promise<string[]> {
  try {
    const project = findProject(workingDirectory)
    return project === undefined ? [] : (await readLockFile(project)).map(({ name }) => name)
  } catch {
    return []
  }
}
