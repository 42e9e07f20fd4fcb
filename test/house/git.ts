import { execFileSync } from 'node:child_process'
import { ROOT } from './tree.ts'

/** Runs git in the repository; undefined where there is no git or no repository, as in an unpacked archive. */
export function git(...args: string[]): string | undefined {
  try {
    // A directory above that happens to be a repository is not ours.
    const isOwn = run('rev-parse', '--show-prefix').trim() === ''
    return isOwn ? run(...args) : undefined
  } catch {
    return undefined
  }
}

function run(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}
