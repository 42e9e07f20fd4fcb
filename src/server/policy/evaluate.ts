import type { Static } from '@sinclair/typebox'
import { display } from '#base'
import type { EvaluatedDependency, Rejection as RejectionSchema } from '../schemas.ts'
import { findDenied } from './match_license.ts'
import { matchName } from './match_name.ts'
import { keyOf, normalizeName } from './package.ts'
import type { Package } from './package.ts'
import type { PackageName } from './package_name.ts'
import type { LicenseRule, PackageRule, Policy, Rule } from './policy.ts'
import { renderPurl } from './purl.ts'
import { parseVersion } from './version.ts'

export type Rejection = Static<typeof RejectionSchema>

/** A package with all that the policy has against it. */
export type Dependency = Static<typeof EvaluatedDependency>

/** Judges packages by the policy, each one once. */
export function evaluate(
  policy: Policy,
  packages: readonly Package[],
  ignored: readonly PackageName[] = [],
): Dependency[] {
  const rules = indexRules(policy.packages)
  const ignoredKeys = new Set(ignored.map(keyOf))
  const dependencies = new Map<string, Dependency>()
  for (const one of packages) {
    const key = keyOf(one)
    if (dependencies.has(key)) continue
    const reason = ignoredKeys.has(key) ? 'the request ignores this package' : null
    const rejections = [...rules(one), ...judgeLicense(policy, one)]
      .map((rejection) => ({ ...rejection, suppression_reason: reason }))
    const { registry, name, version } = one
    dependencies.set(key, { purl: renderPurl(one), registry, name, version, rejections })
  }
  return [...dependencies.values()]
}

/** Answers whether the policy refuses a package, and nobody ignores that. */
export function isRejected({ rejections }: Dependency): boolean {
  return rejections.some(({ suppression_reason }) => suppression_reason === null)
}

/** Tells the licence of a package: what the policy knows, or else what the sender said. */
export function licenseOf({ known }: Policy, one: Package): string | null {
  return known.get(keyOf(one)) ?? known.get(keyOf({ ...one, version: '*' })) ?? one.license
}

/** Finds rules by name, so that thousands of packages meet thousands of rules in little time. */
function indexRules(rules: readonly PackageRule[]): (one: Package) => Rejection[] {
  // By the loosest of all spellings; `meets()` then looks closely.
  const spell = (name: string) => normalizeName('pypi', name)
  const byName = Map.groupBy(rules, ({ name }) => name.includes('*') ? '*' : spell(name))
  return (one) => {
    const name = normalizeName(one.registry, one.name)
    return [...byName.get(spell(one.name)) ?? [], ...byName.get('*') ?? []]
      .filter((rule) => meets(rule, one, name))
      .map((rule) => rejectPackage(rule, one))
  }
}

function meets(rule: PackageRule, one: Package, name: string): boolean {
  if (rule.registry !== undefined && rule.registry !== one.registry) return false
  if (!matchName(normalizeName(one.registry, rule.name), name)) return false
  if (rule.range === undefined) return true
  const version = parseVersion(one.version)
  // A version that cannot be compared is refused: a package that calls itself "latest" would else pass every range.
  return version === undefined || rule.range(version)
}

function rejectPackage(rule: PackageRule, one: Package): Rejection {
  const versions = rule.versions === undefined ? 'every version' : `versions ${rule.versions}`
  const isUnknown = rule.range !== undefined && parseVersion(one.version) === undefined
  const state = isUnknown ? `, and "${display(one.version, 60)}" cannot be compared with them` : ''
  return reject(rule, `${rule.name} is refused`, `the rule is for ${versions}${state}`)
}

function judgeLicense(policy: Policy, one: Package): Rejection[] {
  const rule: LicenseRule | undefined = policy.licenses
  if (rule === undefined) return []
  const license = licenseOf(policy, one)
  if (license === null) {
    if (!rule.refusesUnknown) return []
    return [
      reject(rule, 'Its licence is not known', 'the rule refuses packages of unknown licence'),
    ]
  }
  const denied = findDenied(license, rule.deny)
  if (denied === undefined) return []
  const reason = `its licence is "${display(license, 120)}"`
  return [reject(rule, `Licence ${display(denied, 60)} is refused`, reason)]
}

function reject(
  { tag, line, severity, domain, reason }: Rule,
  title: string,
  met: string,
): Rejection {
  return {
    title,
    source: {
      type: 'policy',
      tag,
      domain,
      severity,
      description: reason,
      reason: `${met} (rule ${tag}, line ${line} of the policy)`,
    },
    suppression_reason: null,
  }
}
