/** Everything at the top of the repository. A further entry needs a reason as good as that of these. */
export const TOP_LEVEL: readonly string[] = [
  '.ci',
  '.gitignore',
  'BENCHMARKS.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'PhylumExt.toml',
  'README.md',
  'SECURITY.md',
  'extensions',
  'package-lock.json',
  'package.json',
  'schema',
  'src',
  'test',
  'tsconfig.json',
]

/** Compares tracked paths with the list. */
export function checkTopLevel(paths: readonly string[]): { extra: string[]; missing: string[] } {
  const there = new Set(paths.map((path) => path.split('/', 1)[0]!))
  return {
    extra: [...there].filter((entry) => !TOP_LEVEL.includes(entry)),
    missing: TOP_LEVEL.filter((entry) => !there.has(entry)),
  }
}
