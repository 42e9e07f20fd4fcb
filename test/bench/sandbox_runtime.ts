import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** The package to compare with; nothing of ours depends on it, so it is not among the dependencies. */
const PACKAGE = '@anthropic-ai/sandbox-runtime'

/** How long npm may take, in milliseconds. */
const LIMIT = 60_000

/** Anthropic's sandbox, in a directory that goes with the measurement. */
export interface SandboxRuntime {
  /** Starts a command in it; null when it is not to be had here. */
  words: readonly string[] | null
  /** Version of the package, or why there is none. */
  about: string
  remove(): void
}

/** Installs the package, and tries it: it needs programs of the system as well (`rg`, `socat`). */
export function installSandboxRuntime(): SandboxRuntime {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-bench-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const npm = spawnSync(
    'npm',
    ['install', '--prefix', directory, '--no-audit', '--no-fund', '--loglevel=error', PACKAGE],
    { timeout: LIMIT, encoding: 'utf8' },
  )
  if (npm.status !== 0) return { words: null, about: 'npm could not install it', remove }
  const program = join(directory, 'node_modules/.bin/srt')
  const trial = spawnSync(program, ['true'], {
    cwd: directory,
    encoding: 'utf8',
    timeout: LIMIT,
    env: { PATH: process.env['PATH'], HOME: directory },
  })
  if (trial.status === 0) return { words: [program], about: readVersion(directory), remove }
  const [line = ''] = `${trial.stderr}${trial.stdout}`.trim().split('\n')
  return { words: null, about: `it does not run here: ${line}`, remove }
}

function readVersion(directory: string): string {
  const listed = spawnSync('npm', ['ls', '--prefix', directory, '--json'], { encoding: 'utf8' })
  return JSON.parse(listed.stdout).dependencies?.[PACKAGE]?.version ?? 'unknown'
}
