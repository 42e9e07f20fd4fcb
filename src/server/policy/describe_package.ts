import { evaluate, licenseOf } from './evaluate.ts'
import type { Package } from './package.ts'
import type { Policy, RiskDomain, RiskLevel } from './policy.ts'
import { renderPurl } from './purl.ts'

/** What is left of a score when something of a severity is found. */
const SCORES: Readonly<Record<RiskLevel, number>> = {
  info: 1,
  low: 0.8,
  medium: 0.65,
  high: 0.35,
  critical: 0.1,
}

/** Tells what is known of a package: its licence, and what the policy has against it. */
export function describePackage(policy: Policy, one: Package) {
  const { registry, name, version } = one
  const [dependency] = evaluate(policy, [one])
  const issues = (dependency?.rejections ?? []).map(({ title, source }) => ({
    tag: source.tag,
    id: null,
    title,
    description: [source.description, source.reason].filter((text) => text !== null).join(': '),
    severity: source.severity ?? 'high' as const,
    domain: source.domain ?? 'malicious_code' as const,
    details: null,
  }))
  const score = (domain?: RiskDomain) =>
    Math.min(
      1,
      ...issues.filter((issue) => domain === undefined || issue.domain === domain)
        .map(({ severity }) => SCORES[severity]),
    )
  return {
    purl: renderPurl(one),
    id: `${registry}:${name}:${version}`,
    name,
    version,
    registry,
    publishedDate: null,
    latestVersion: null,
    versions: [],
    description: null,
    license: licenseOf(policy, one),
    dependencies: [],
    riskScores: {
      total: score(),
      vulnerability: score('vulnerability'),
      malicious_code: score('malicious_code'),
      author: score('author'),
      engineering: score('engineering'),
      license: score('license'),
    },
    issues,
    complete: true,
    releaseData: null,
    repoUrl: null,
  }
}
