import type { Context } from './compose.ts'

/** Where a run directory may be made, in order of preference. */
export function runPlaces({ paths, environment }: Context): string[] {
  return [paths.runtimeDirectory, environment['TMPDIR'], '/tmp']
    .filter((path) => path !== undefined && path !== '') as string[]
}
