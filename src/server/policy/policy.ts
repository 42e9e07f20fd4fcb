import type { Static } from '@sinclair/typebox'
import type { RiskDomain as RiskDomainSchema, RiskLevel as RiskLevelSchema } from '../schemas.ts'
import type { Ecosystem } from './package_name.ts'
import type { VersionRange } from './version_range.ts'

export type RiskDomain = Static<typeof RiskDomainSchema>
export type RiskLevel = Static<typeof RiskLevelSchema>

/** What is common to rules: where they stand, how bad what they meet is, and what the policy gives as its reason. */
export interface Rule {
  /** Its place in the policy: "packages[0]". */
  tag: string
  /** Line of the policy, for messages. */
  line: number
  severity: RiskLevel
  domain: RiskDomain
  reason: string | null
}

/** A rule against packages. */
export interface PackageRule extends Rule {
  /** One ecosystem; all unless told. */
  registry: Ecosystem | undefined
  /** Name of the package; "*" stands for any characters. */
  name: string
  /** Text of the range, for messages; every version unless told. */
  versions: string | undefined
  range: VersionRange | undefined
}

/** A rule against licences. */
export interface LicenseRule extends Rule {
  /** SPDX identifiers; "*" stands for any characters. */
  deny: readonly string[]
  refusesUnknown: boolean
}

/** What is refused, and why. */
export interface Policy {
  packages: readonly PackageRule[]
  licenses: LicenseRule | undefined
  /** Licences of packages, by `keyOf()` with the version "*" for all of them; they win over what a sender says. */
  known: ReadonlyMap<string, string>
}

/** Refuses nothing. */
export const EMPTY_POLICY: Policy = { packages: [], licenses: undefined, known: new Map() }
