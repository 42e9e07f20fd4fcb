import type { ApiGrant } from './endpoint.ts'
import { coversHost } from './net.ts'
import { isWithin } from './path.ts'
import type { Grant, GrantedPermissions } from './permission.ts'

/**
 * Finds what one set of permissions allows beyond another: what a user who agreed to the one has yet to be asked. When in
 * doubt, it is new.
 */
export function widened(before: GrantedPermissions, after: GrantedPermissions): GrantedPermissions {
  return {
    read: beyond(before.read, after.read, containsPath),
    write: beyond(before.write, after.write, containsPath),
    env: beyond(before.env, after.env, isSame),
    run: beyond(before.run, after.run, isSame),
    unsandboxedRun: beyond(before.unsandboxedRun, after.unsandboxedRun, isSame),
    net: beyond(before.net, after.net, coversHost),
    api: beyondApi(before.api, after.api),
  }
}

/** Answers whether everything that `inner` allows is allowed by `outer` as well. */
export function isSubset(inner: GrantedPermissions, outer: GrantedPermissions): boolean {
  return isNothing(widened(outer, inner))
}

/** Answers whether nothing is allowed. */
export function isNothing(granted: GrantedPermissions): boolean {
  return Object.values(granted).every((grant) => Array.isArray(grant) && grant.length === 0)
}

function beyond(before: Grant, after: Grant, isCovered: (outer: string, inner: string) => boolean) {
  if (before === true) return []
  if (after === true) return true
  return after.filter((inner) => !before.some((outer) => isCovered(outer, inner)))
}

function beyondApi(before: ApiGrant | 'ask', after: ApiGrant | 'ask'): ApiGrant | 'ask' {
  if (before === true) return []
  if (after === true) return true
  // A question at the first call can end in everything, but it is a question: only what asks as well is covered by it.
  if (after === 'ask') return before === 'ask' ? [] : 'ask'
  if (before === 'ask') return after
  return after.filter((inner) => !before.some((outer) => outer.covers(inner)))
}

function containsPath(outer: string, inner: string): boolean {
  return isWithin(inner, outer)
}

function isSame(outer: string, inner: string): boolean {
  return outer === inner
}
