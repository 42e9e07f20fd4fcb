/** Prints the directory of the project, or the code of the error: `find_project_child.ts DIRECTORY`. */
import process from 'node:process'
import { isPhylumError } from '../../../src/base/mod.ts'
import { findProject } from '../../../src/registry/team/find_project.ts'

try {
  console.log(findProject(process.argv[2]!)?.directory)
} catch (error) {
  if (!isPhylumError(error)) throw error
  console.log(error.code)
}
