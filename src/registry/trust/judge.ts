import { display } from '#base'
import type { TrustDecision, TrustKind } from '#config'
import { resolvePermissions, widened } from '#permissions'
import type { GrantedPermissions, PermissionRequest } from '#permissions'
import type { Source } from '../source/source.ts'
import { NOWHERE } from './policy.ts'
import type { Permits, Policy, Rule } from './policy.ts'
import { matchesSource } from './source_pattern.ts'

/** What is judged. */
export interface TrustSubject {
  readonly source: Source
  /** Name of the trusted publisher whose signature it bears. */
  readonly publisher: string | null
  /** What its manifest asks for. */
  readonly request: PermissionRequest
}

/** What the policy says. */
export interface Verdict {
  readonly decision: TrustDecision
  /** Number of the rule that decided, beginning at 1; null where none did, and the user is asked. */
  readonly rule: number | null
  /** Why, one line for each rule that was looked at; safe to show. */
  readonly reasons: readonly string[]
}

/** The kinds of permissions, by their names in a manifest and in a grant. */
const KINDS: readonly (readonly [TrustKind, keyof GrantedPermissions])[] = [
  ['api', 'api'],
  ['read', 'read'],
  ['write', 'write'],
  ['env', 'env'],
  ['run', 'run'],
  ['unsandboxed_run', 'unsandboxedRun'],
  ['net', 'net'],
]

/**
 * Judges an extension by the policy of the user: the first rule all of whose conditions hold decides. To ask for more never turns
 * "ask" or "refuse" into "accept": what limits an extension makes a rule accept it, and what it asks for makes one ask or refuse.
 */
export function judge(policy: Policy, subject: TrustSubject): Verdict {
  const reasons: string[] = []
  for (const [index, rule] of policy.rules.entries()) {
    const obstacle = findObstacle(rule, subject)
    const number = index + 1
    if (obstacle === undefined) {
      reasons.push(`rule ${number} (${rule.decision}): matches${describeConditions(rule)}`)
      return { decision: rule.decision, rule: number, reasons }
    }
    reasons.push(`rule ${number} (${rule.decision}): does not match, as ${obstacle}`)
  }
  reasons.push(policy.rules.length === 0 ? 'there is no rule' : 'no rule matches')
  return { decision: 'ask', rule: null, reasons }
}

/** Says which condition of a rule does not hold. */
function findObstacle(rule: Rule, { source, publisher, request }: TrustSubject) {
  if (rule.source !== null && !matchesSource(rule.source, source)) {
    return `its source is not ${describePattern(rule.source)}`
  }
  if (rule.publisher !== null && rule.publisher !== publisher) {
    const signer = publisher === null ? 'no publisher that you trust' : `"${publisher}"`
    return `${signer} has signed it, not "${rule.publisher}"`
  }
  const granted = resolvePermissions(request, NOWHERE)
  if (rule.asks !== null && !rule.asks.some((kind) => isAsked(granted, kind))) {
    return `it asks for none of ${rule.asks.join(', ')}`
  }
  const excess = rule.permits === null ? undefined : findExcess(rule.permits, request)
  return excess === undefined ? undefined : `it asks for ${excess}, which is not permitted`
}

function isAsked(granted: GrantedPermissions, kind: TrustKind): boolean {
  const [, key] = KINDS.find(([name]) => name === kind)!
  const value = granted[key]
  return !Array.isArray(value) || value.length > 0
}

/** Names the first thing that is asked for and not permitted, as it stands in the manifest. */
function findExcess(permits: Permits, request: PermissionRequest): string | undefined {
  const asked = resolvePermissions(request, NOWHERE)
  const excess = widened(permits.granted, asked)
  if (permits.isApiReadable && Array.isArray(asked.api)) {
    const changing = asked.api.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    return nameExcess({ ...excess, api: changing }, request, permits)
  }
  return nameExcess(excess, request, permits)
}

function nameExcess(
  excess: GrantedPermissions,
  request: PermissionRequest,
  permits: Permits,
): string | undefined {
  if (excess.api === 'ask') return 'the API without saying for what'
  for (const [kind, key] of KINDS) {
    const value = excess[key]
    if (value === true) return `all of "${kind}"`
    if (!Array.isArray(value) || value.length === 0) continue
    if (kind === 'api') return `api "${display(String(value[0]), 80)}"`
    return `${kind} "${display(findWritten(kind, key, request, permits), 80)}"`
  }
  return undefined
}

/** Finds the value of a manifest that stands behind one that is not permitted. */
function findWritten(
  kind: Exclude<TrustKind, 'api'>,
  key: keyof GrantedPermissions,
  request: PermissionRequest,
  permits: Permits,
): string {
  const written = request.permissions?.[kind]
  const list = Array.isArray(written) ? written as readonly string[] : []
  return list.find((value) => {
    const alone = resolvePermissions({ permissions: { [kind]: [value] } }, NOWHERE)
    return (widened(permits.granted, alone)[key] as readonly unknown[]).length > 0
  }) ?? ''
}

function describeConditions({ source, publisher, permits, asks }: Rule): string {
  const conditions = [
    source === null ? '' : `its source is ${describePattern(source)}`,
    publisher === null ? '' : `"${publisher}" has signed it`,
    permits === null ? '' : 'it asks for nothing that is not permitted',
    asks === null ? '' : `it asks for one of ${asks.join(', ')}`,
  ].filter((each) => each !== '')
  return conditions.length === 0 ? '' : `: ${conditions.join(', ')}`
}

function describePattern({ place, isBelow }: { place: string; isBelow: boolean }): string {
  return `${isBelow ? 'below ' : ''}"${display(place, 100)}"`
}
