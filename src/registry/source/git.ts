import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { display, isPhylumError, PhylumError } from '#base'
import type { Expected, Fetched, FetchWorld } from './fetched.ts'
import { findGit } from './find_git.ts'
import { findCommit } from './find_commit.ts'
import { createGitEnvironment, renderGitConfig } from './git_environment.ts'
import { createGitRunner } from './git_process.ts'
import type { GitRunner } from './git_process.ts'
import { renderGit, renderResolved } from './git_source.ts'
import type { GitSource } from './git_source.ts'
import { listGitTree, readGitTree } from './git_tree.ts'
import { withScratch } from './scratch.ts'
import { writeTree } from './tree.ts'
import type { RefuseTree } from './tree.ts'

/**
 * Fetches the tree of a repository, or of a directory in it, with the system's git. What a branch or a tag points to is found out first,
 * and that commit is what is fetched: nobody can move it in between.
 *
 * @throws ERR_REGISTRY_SOURCE, ERR_REGISTRY_UNREACHABLE, ERR_REGISTRY_PATH, ERR_REGISTRY_INTEGRITY when the lock is for something else
 */
export async function fetchRepository(
  source: GitSource,
  destination: string,
  world: FetchWorld,
  expected: Expected = {},
): Promise<Fetched> {
  const { url, subdirectory } = source
  const shown = display(renderGit(source), 200)
  const pinned = readPin(source, expected, shown)
  if (url.startsWith('file:')) assertOwn(url, shown)
  const { program, path } = findGit(world.environment)
  return await withScratch(world.scratch, async (scratch) => {
    const protocol = /^([a-z]+):\/\//.exec(url)?.[1] ?? 'ssh'
    const config = join(scratch, 'config')
    writeFileSync(config, renderGitConfig(protocol), { mode: 0o600 })
    const directory = createEmptyRepository(join(scratch, 'repository'))
    const { environment, home } = world
    const git = createGitRunner(program, {
      directory,
      environment: createGitEnvironment({ program, path }, { environment, home, config, protocol }),
      shown,
    })
    world.onProgress?.(`Fetching ${shown}`)
    const commit = pinned ?? await findCommit(git, source, shown)
    await fetchCommit(git, url, commit)
    const refuse: RefuseTree = (state, cause) =>
      new PhylumError('ERR_REGISTRY_PATH', `Cannot fetch "${shown}": ${state}`, { cause })
    const listing = await listGitTree(git, `${commit}:${subdirectory ?? ''}`)
      .catch(async (error) => {
        const isListed = isPhylumError(error, 'ERR_REGISTRY_PATH')
        throw isListed ? error : await explainTree(git, commit, shown)
      })
    await writeTree(readGitTree(git, listing, refuse), destination, { refuse, isBelowTop: false })
    return {
      resolved: renderResolved(url, commit, subdirectory),
      version: null,
      directory: destination,
      signature: null,
    }
  })
}

/** Makes what `git init --bare` makes, without the hooks and settings that the machine's templates could bring. */
function createEmptyRepository(directory: string): string {
  for (const name of ['objects', 'refs']) mkdirSync(join(directory, name), { recursive: true })
  writeFileSync(join(directory, 'HEAD'), 'ref: refs/heads/none\n')
  writeFileSync(join(directory, 'config'), '[core]\n  repositoryformatversion = 0\n  bare = true\n')
  return directory
}

/** Reads the commit that a lock file demands. */
function readPin(source: GitSource, { resolved }: Expected, shown: string): string | undefined {
  if (resolved === undefined) return undefined
  const [, commit] = /#([0-9a-f]{40})(?:\/\/|$)/.exec(resolved) ?? []
  if (
    commit !== undefined && resolved === renderResolved(source.url, commit, source.subdirectory)
  ) return commit
  throw new PhylumError(
    'ERR_REGISTRY_INTEGRITY',
    `Cannot fetch "${shown}": it was locked as "${
      display(resolved, 200)
    }", which is something else`,
  )
}

/** Refuses another user's repository: the git that serves it would run there with its settings, as us. */
function assertOwn(url: string, shown: string): void {
  const refuse = (state: string) =>
    new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": ${state}`)
  const path = fileURLToPath(url)
  for (const place of [path, join(path, '.git')]) {
    const status = statSync(place, { throwIfNoEntry: false })
    if (status === undefined && place === path) throw refuse('it does not exist')
    if (status !== undefined && status.uid !== process.geteuid?.() && status.uid !== 0) {
      throw refuse(
        `it belongs to another user (${status.uid}), who could change what git does there`,
      )
    }
  }
}

async function fetchCommit(git: GitRunner, url: string, commit: string): Promise<void> {
  const options = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head']
  try {
    await git.run('fetch', ...options, '--depth=1', '--', url, commit)
  } catch (error) {
    if (
      !isPhylumError(error) || !/not our ref|unadvertised|dumb http|shallow/.test(error.message)
    ) {
      throw error
    }
    // Old servers hand out only what a branch or a tag points to, with all that was before.
    await git.run('fetch', ...options, '--', url, '+refs/heads/*:refs/h/*', '+refs/tags/*:refs/t/*')
  }
}

/** Says why a tree is not there; asked only then. */
async function explainTree(git: GitRunner, commit: string, shown: string): Promise<PhylumError> {
  const short = commit.slice(0, 12)
  const state = await git.run('cat-file', '-e', commit).then(
    () => `there is no such directory in commit ${short}`,
    () => `it has no commit ${short}`,
  )
  return new PhylumError('ERR_REGISTRY_SOURCE', `Cannot fetch "${shown}": ${state}`)
}
