import { isPhylumError, PhylumError } from '#base'
import type { PermittedValue, TrustDecision, TrustKind, TrustRule, TrustSettings } from '#config'
import { resolvePermissions } from '#permissions'
import type { GrantedPermissions, PermissionRequest, ResolveContext } from '#permissions'
import { parseSourcePattern } from './source_pattern.ts'
import type { SourcePattern } from './source_pattern.ts'

/** A rule whose values have been read. */
export interface Rule {
  readonly source: SourcePattern | null
  readonly publisher: string | null
  readonly permits: Permits | null
  readonly asks: readonly TrustKind[] | null
  readonly decision: TrustDecision
}

/** What an extension may ask for at most. */
export interface Permits {
  readonly granted: GrantedPermissions
  /** Whether of the API every endpoint may be asked for that changes nothing. */
  readonly isApiReadable: boolean
}

/** What is decided about extensions; the first rule that matches decides. */
export interface Policy {
  readonly rules: readonly Rule[]
}

/** More levels than a path can go up: "../etc" never meets "/etc", which it might not mean in the directory of a later run. */
const LEVELS = 1400

/** Stands for directories that are not known yet; no path of a manifest holds such a character. */
export const NOWHERE: ResolveContext = {
  home: '/\u0002'.repeat(LEVELS),
  workingDirectory: '/\u0001'.repeat(LEVELS),
}

/**
 * Reads the rules of the settings.
 *
 * @param home what "~/" stands for in the source of a rule
 * @throws ERR_CONFIG_TYPE for a value that has no meaning
 */
export function readPolicy(settings: TrustSettings, home: string): Policy {
  return {
    rules: settings.rules.map((rule) => ({
      source: rule.source === null
        ? null
        : parseSourcePattern(rule.source, home, (state) => invalid(rule, 'source', state)),
      publisher: rule.publisher,
      permits: rule.permits === null ? null : readPermits(rule, rule.permits),
      asks: rule.asks,
      decision: rule.decision,
    })),
  }
}

function readPermits(
  rule: TrustRule,
  { api, ...permissions }: NonNullable<TrustRule['permits']>,
): Permits {
  const lists = Object.entries(permissions).map(([kind, value]) => [kind, toRequest(value)])
  const request: PermissionRequest = {
    permissions: Object.fromEntries(lists),
    api: { allow: api === 'any' ? true : Array.isArray(api) ? api : [] },
  }
  try {
    return { granted: resolvePermissions(request, NOWHERE), isApiReadable: api === 'read' }
  } catch (error) {
    if (!isPhylumError(error, 'ERR_PERMISSIONS_VALUE')) throw error
    throw invalid(rule, 'permits', error.message)
  }
}

function toRequest(value: PermittedValue): boolean | readonly string[] {
  return typeof value === 'string' ? value === 'any' : value
}

function invalid(rule: TrustRule, key: string, state: string): PhylumError {
  return new PhylumError(
    'ERR_CONFIG_TYPE',
    `Cannot use the rule at ${rule.where}: "${key}" has no meaning: ${state}`,
  )
}
