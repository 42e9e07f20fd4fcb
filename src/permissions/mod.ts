/**
 * What an extension may do: the grammar of a manifest's values, what they grant here, what is covered by what, and all of it in plain
 * words. It touches no file and no network, and it refuses every value that it cannot give exactly one meaning.
 */
export { canonicalAddress, isLoopbackAddress, isPublicAddress } from './address.ts'
export { describePermissions } from './describe.ts'
export type { DescribeOptions, Description } from './describe.ts'
export { isGranted, parseEndpoint, suggestEndpoint } from './endpoint.ts'
export type { ApiGrant, Endpoint } from './endpoint.ts'
export { splitMissing } from './missing.ts'
export type { PresentPermissions } from './missing.ts'
export { isAddressNamed, isNetGranted } from './net.ts'
export { ANY_DIRECTORY } from './path.ts'
export { findFaults, resolvePermissions } from './permission.ts'
export type {
  Grant,
  GrantedPermissions,
  PermissionFault,
  PermissionRequest,
  Permissions,
  ResolveContext,
} from './permission.ts'
export { isNothing, isSubset, widened } from './subset.ts'
export { isReservedVariable } from './variable.ts'
