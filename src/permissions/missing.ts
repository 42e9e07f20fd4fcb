import type { Grant, GrantedPermissions } from './permission.ts'

/** What is granted of a system as it is now. */
export interface PresentPermissions {
  granted: GrantedPermissions
  /** Paths that the manifest lists and that are not there; absolute. */
  missing: { readonly read: readonly string[]; readonly write: readonly string[] }
}

/**
 * Leaves out files and directories that do not exist: lists are made for many systems. They are not granted if they appear later
 * in the run either: a link that somebody puts there would be followed with a permission that meant something else.
 */
export function splitMissing(
  granted: GrantedPermissions,
  isPresent: (path: string) => boolean,
): PresentPermissions {
  const keep = (grant: Grant) => grant === true ? grant : grant.filter(isPresent)
  const drop = (grant: Grant) => grant === true ? [] : grant.filter((path) => !isPresent(path))
  return {
    granted: { ...granted, read: keep(granted.read), write: keep(granted.write) },
    missing: { read: drop(granted.read), write: drop(granted.write) },
  }
}
