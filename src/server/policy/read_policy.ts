import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { display } from '#base'
import { checkSchema, parseCheckedToml } from '#registry'
import type { Fault, Schema } from '#registry'
import { MAX_PACKAGE } from '../limits.ts'
import { RiskDomain, RiskLevel } from '../schemas.ts'
import { ECOSYSTEM_NAMES, keyOf, parseEcosystem } from './package.ts'
import type { PackageName } from './package_name.ts'
import type { PackageRule, Policy } from './policy.ts'
import { parseRange } from './version_range.ts'

const Text = Type.String({ minLength: 1, maxLength: MAX_PACKAGE })

/** What a policy says, as it is written. */
const PolicyDocument = Type.Object({
  packages: Type.Optional(
    Type.Array(
      Type.Object({
        name: Text,
        registry: Type.Optional(Text),
        versions: Type.Optional(Text),
        reason: Type.Optional(Text),
        severity: Type.Optional(RiskLevel),
        domain: Type.Optional(RiskDomain),
      }),
      { maxItems: 10_000 },
    ),
  ),
  licenses: Type.Optional(
    Type.Object({
      deny: Type.Optional(Type.Array(Text, { maxItems: 1000 })),
      refuse_unknown: Type.Optional(Type.Boolean()),
      reason: Type.Optional(Text),
      severity: Type.Optional(RiskLevel),
      known: Type.Optional(
        Type.Array(Type.Object({ package: Text, license: Text }), { maxItems: 100_000 }),
      ),
    }),
  ),
})

type PolicyDocument = Static<typeof PolicyDocument>

/**
 * Reads a policy; every fault is reported at once, each with its line and column. A key that is not known is a fault: a
 * misspelled rule would refuse nothing.
 *
 * @param file its path, for messages
 * @throws ERR_SERVER_POLICY
 */
export async function readPolicy(bytes: Uint8Array, file: string): Promise<Policy> {
  const { document, position } = await parseCheckedToml(bytes, file, {
    subject: 'policy',
    code: 'ERR_SERVER_POLICY',
    isClosed: true,
    check(document) {
      const report = checkSchema(PolicyDocument as unknown as Schema, document)
      // What is of the wrong type cannot be looked at any closer.
      if (report.faults.length > 0) return report
      return { ...report, faults: findFaults(document as PolicyDocument) }
    },
  })
  const { packages = [], licenses } = document as PolicyDocument
  return {
    packages: packages.map((rule, index) => ({
      tag: `packages[${index}]`,
      line: position(['packages', index]).line,
      ...toRule(rule),
    })),
    licenses: licenses && {
      tag: 'licenses',
      line: position(['licenses']).line,
      severity: licenses.severity ?? 'medium',
      domain: 'license',
      reason: licenses.reason ?? null,
      deny: licenses.deny ?? [],
      refusesUnknown: licenses.refuse_unknown ?? false,
    },
    known: new Map(
      licenses?.known?.flatMap(({ package: text, license }) => {
        const name = parseKnown(text)
        return name === undefined ? [] : [[keyOf(name), license]]
      }),
    ),
  }
}

type RuleDocument = NonNullable<PolicyDocument['packages']>[number]

function toRule(rule: RuleDocument): Omit<PackageRule, 'tag' | 'line'> {
  const range = rule.versions === undefined ? undefined : parseRange(rule.versions)
  return {
    name: rule.name,
    registry: rule.registry === undefined ? undefined : parseEcosystem(rule.registry),
    versions: rule.versions,
    range: typeof range === 'function' ? range : undefined,
    reason: rule.reason ?? null,
    severity: rule.severity ?? 'high',
    // A range is about a mistake that other versions do not have; a package as a whole is about who made it.
    domain: rule.domain ?? (range === undefined ? 'malicious_code' : 'vulnerability'),
  }
}

/** The idstring of an SPDX identifier (SPDX 2.3, annex D.1), after "LicenseRef-" and "DocumentRef-…:" too, with wildcards. */
const DENIED = /^[A-Za-z0-9.:*-]+\+?$/

/** Finds what is wrong with values of the right type. */
function findFaults({ packages = [], licenses }: PolicyDocument): Fault[] {
  const faults: Fault[] = []
  const ecosystems = ECOSYSTEM_NAMES.join(', ')
  for (const [index, { registry, versions }] of packages.entries()) {
    if (registry !== undefined && parseEcosystem(registry) === undefined) {
      const message = `"packages[${index}].registry" is "${display(registry, 40)}", not one of `
      faults.push({ path: ['packages', index, 'registry'], message: message + ecosystems })
    }
    const range = versions === undefined ? undefined : parseRange(versions)
    if (typeof range === 'object') {
      const message = `"packages[${index}].versions" is no range of versions: ${
        display(range.fault, 80)
      }`
      faults.push({ path: ['packages', index, 'versions'], message })
    }
  }
  for (const [index, denied] of licenses?.deny?.entries() ?? []) {
    // Anything else meets no licence, and so would refuse nothing.
    if (DENIED.test(denied)) continue
    const message = `"licenses.deny[${index}]" is "${
      display(denied, 40)
    }", not one SPDX identifier, in which "*" stands for any characters`
    faults.push({ path: ['licenses', 'deny', index], message })
  }
  for (const [index, { package: text }] of licenses?.known?.entries() ?? []) {
    if (parseKnown(text) !== undefined) continue
    const message = `"licenses.known[${index}].package" must be "REGISTRY:NAME" or ` +
      `"REGISTRY:NAME@VERSION", with a registry of ${ecosystems}`
    faults.push({ path: ['licenses', 'known', index, 'package'], message })
  }
  return faults
}

/** Reads "npm:left-pad@1.3.0"; without a version it is "*", for all of them. */
function parseKnown(text: string): PackageName | undefined {
  // A scope begins with "@", too.
  const [, word = '', name = '', version = '*'] = /^(\w[\w-]*):(.[^@]*)(?:@(.+))?$/.exec(text) ?? []
  const registry = parseEcosystem(word)
  return registry === undefined || name === '' ? undefined : { registry, name, version }
}
