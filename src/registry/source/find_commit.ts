import { display, PhylumError } from '#base'
import type { GitRunner } from './git_process.ts'
import type { GitSource } from './git_source.ts'

/**
 * Finds the commit that a repository's branch, tag or HEAD points to at this moment.
 *
 * @throws ERR_REGISTRY_SOURCE when there is none, or two
 */
export async function findCommit(
  git: GitRunner,
  { url, ref }: GitSource,
  shown: string,
): Promise<string> {
  if (ref !== null && /^[0-9a-f]{40}$/.test(ref)) return ref
  const refuse = (state: string, hints: string[] = []) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": ${state}`, { hints })
  const names = listNames(ref)
  const listing = await git.run('ls-remote', '--quiet', '--', url, ...names)
  const found = new Map<string, string>()
  for (const line of listing.toString().split('\n')) {
    const [, object, name] = /^([0-9a-f]{40})\t(.+)$/.exec(line) ?? []
    // Patterns fit at the end: "refs/x/refs/heads/main" is listed too.
    if (name !== undefined && names.includes(name)) found.set(name, object!)
  }
  if (ref === null) {
    const head = found.get('HEAD')
    if (head === undefined) throw refuse('it is empty')
    return head
  }
  // Of a tag with a message, the commit behind it.
  const tag = found.get(`refs/tags/${ref}^{}`) ?? found.get(`refs/tags/${ref}`)
  const branch = found.get(`refs/heads/${ref}`)
  if (tag !== undefined && branch !== undefined && tag !== branch) {
    throw refuse(`"${display(ref, 100)}" is a branch and a tag`, [
      `write "#refs/tags/${display(ref, 100)}" or "#refs/heads/${display(ref, 100)}"`,
    ])
  }
  const commit = tag ?? branch ?? found.get(`${ref}^{}`) ?? found.get(ref)
  if (commit !== undefined) return commit
  const hints = /^[0-9a-f]{4,39}$/.test(ref) ? ['write all forty digits of a commit'] : []
  throw refuse(`it has no branch or tag "${display(ref, 100)}"`, hints)
}

function listNames(ref: string | null): string[] {
  if (ref === null) return ['HEAD']
  const names = ref.startsWith('refs/') ? [ref] : [`refs/tags/${ref}`, `refs/heads/${ref}`]
  return names.flatMap((name) => name.startsWith('refs/heads/') ? [name] : [name, `${name}^{}`])
}
