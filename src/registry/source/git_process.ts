import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PhylumError } from '#base'
import { TREE_LIMITS } from '../digest.ts'
import { explainGit } from './explain_git.ts'

/** Most bytes that are taken from git at once: the names of all files that a tree may have. */
const MAX_OUTPUT = 16 * 1024 * 1024

/** Most bytes of a repository without its past: it is compressed, and may hold more than the extension. */
const MAX_REPOSITORY = 2 * TREE_LIMITS.bytes

/** How often is looked how large it has become, in milliseconds. */
const INTERVAL = 250

/** Runs git in a repository of ours. */
export interface GitRunner {
  /** The directory of the repository. */
  readonly directory: string
  /**
   * Runs it to its end, and answers what it printed.
   * @throws what it failed of
   */
  run(...args: string[]): Promise<Buffer>
  /** Starts it, to talk with it. */
  start(...args: string[]): ChildProcess
}

/**
 * Makes what runs git: by a list of arguments, with no shell in between, in an environment of ours.
 *
 * @param shown what is fetched, safe to show
 */
export function createGitRunner(
  program: string,
  options: { directory: string; environment: Record<string, string>; shown: string },
): GitRunner {
  const { directory, environment, shown } = options
  const env = { ...environment, GIT_DIR: directory }
  const start = (...args: string[]) =>
    spawn(program, args, { cwd: directory, env, stdio: ['pipe', 'pipe', 'pipe'] })
  return {
    directory,
    start,
    async run(...args) {
      const child = start(...args)
      child.stdin.end()
      const refuse = (state: string) =>
        new PhylumError('ERR_REGISTRY_PATH', `Cannot fetch "${shown}": ${state}`)
      let failure: PhylumError | undefined
      const stop = (state: string) => {
        failure ??= refuse(state)
        child.kill('SIGKILL')
      }
      const watch = setInterval(() => {
        if (measure(directory) > MAX_REPOSITORY) stop('it is too large')
      }, INTERVAL)
      const chunks: Buffer[] = []
      let length = 0
      child.stdout.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > MAX_OUTPUT) stop('it holds too many files')
        else chunks.push(chunk)
      })
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => {
        if (stderr.length < 64 * 1024) stderr += chunk.toString()
      })
      try {
        const code = await new Promise<number | null>((resolve, reject) => {
          child.on('error', reject)
          child.on('close', resolve)
        })
        if (failure !== undefined) throw failure
        if (code !== 0) throw explainGit(stderr, shown)
        return Buffer.concat(chunks)
      } finally {
        clearInterval(watch)
      }
    },
  }
}

/** Adds up what lies in the packs of a repository, those that are still coming included. */
function measure(directory: string): number {
  const packs = join(directory, 'objects/pack')
  let bytes = 0
  try {
    for (const name of readdirSync(packs)) {
      bytes += statSync(join(packs, name), { throwIfNoEntry: false })?.size ?? 0
    }
  } catch {
    // It is not there yet, or a file has got another name meanwhile.
  }
  return bytes
}
