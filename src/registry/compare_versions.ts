/** Compares two semantic versions (semver.org 2.0.0, section 11); negative when the first is older. */
export async function compareVersions(left: string, right: string): Promise<number> {
  const { default: compare } = await import('semver/functions/compare.js')
  return compare(left, right)
}
