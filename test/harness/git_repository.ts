import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { writeFiles } from './write_files.ts'
import type { FileContent } from './write_files.ts'

/** A git repository of a test, with a work tree at `path`; `.git` in it can be served. */
export interface GitRepository {
  readonly path: string
  /** Replaces all files by these and commits them; answers the commit. */
  commit(files: Readonly<Record<string, FileContent>>): string
  /** Runs git in it, and answers what it printed. */
  git(...args: string[]): string
}

/**
 * Makes a repository with a branch "main", on which nothing of this machine's or user's configuration has influence.
 *
 * @example
 * const repository = createRepository(join(directory, 'team/extensions'))
 * const commit = repository.commit({ 'groups/PhylumExt.toml': '…' })
 * repository.git('tag', '-a', '-m', 'x', 'v1.0.0')
 */
export function createRepository(path: string): GitRepository {
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, 'somebody'],
        [`GIT_${who}_EMAIL`, 'somebody@example.com'],
        [`GIT_${who}_DATE`, '2026-01-01T00:00:00Z'],
      ]),
    ),
  }
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: path, env, stdio: ['ignore', 'pipe', 'pipe'] })
      .toString().trim()
  mkdirSync(path, { recursive: true })
  git('init', '-q', '-b', 'main')
  return {
    path,
    git,
    commit(files) {
      for (const name of git('ls-files', '-z').split('\0').filter(Boolean)) {
        rmSync(join(path, name), { force: true })
      }
      writeFiles(path, files)
      git('add', '-A', '-f')
      git('commit', '-q', '--allow-empty', '-m', 'x')
      return git('rev-parse', 'HEAD')
    },
  }
}
