/**
 * The one gate: format, lint, types, generated files, the executable, and every test. `npm test` calls it; with names of
 * rooms (`npm test broker cli`) it runs those tests alone. The last line is the sum.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const BUN = process.execPath
const DENO = ['deno/deno', '@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno']
  .map((path) => join(root, 'node_modules', path)).find(existsSync) ?? 'deno'
const FORMAT = ['--no-config', '--line-width', '100', '--single-quote', '--no-semicolons']
const DENO_TEST = ['test', '-A', '--no-check']
const SOURCES = ['src', 'test', 'extensions']

/** Rooms whose tests start whole programs in every form themselves; running them in two runtimes would do all twice. */
const BUN_ONLY = new Set(['runs', 'attacks', 'browser', 'house'])

/** Rooms whose files run in so many processes at once: they wait more than they compute. */
const SHARDS: Readonly<Record<string, number>> = { attacks: 2, runs: 4 }

/** Folders of the test tree that hold no tests. */
const NO_TESTS = new Set(['bench', 'fuzz', 'harness'])

interface Result {
  name: string
  passed: number
  failed: number
  skipped: number
  output: string
}

/** Runs a command; its exit code is one check, unless its output tells of many. */
async function check(
  name: string,
  command: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<Result> {
  const started = performance.now()
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let output = ''
  child.stdout.on('data', (chunk) => output += chunk)
  child.stderr.on('data', (chunk) => output += chunk)
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', resolve)
  })
  const result = { name, ...count(output, code === 0), output }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : ''
  console.log(
    `${
      result.failed === 0 ? 'ok  ' : 'FAIL'
    } ${name}: ${result.passed} passed${skipped} (${seconds} s)`,
  )
  if (result.failed > 0) console.log(output)
  return result
}

/** Reads what `bun test` and `deno test` say of themselves. */
function count(output: string, isOk: boolean): { passed: number; failed: number; skipped: number } {
  // deno-lint-ignore no-control-regex
  const plain = output.replace(/\x1b\[[0-9;]*m/g, '')
  const number = (pattern: RegExp) => Number(pattern.exec(plain)?.[1] ?? NaN)
  const bun = {
    passed: number(/^\s*(\d+) pass$/m),
    failed: number(/^\s*(\d+) fail$/m),
    skipped: number(/^\s*(\d+) skip$/m),
  }
  const deno = {
    passed: number(/\| (\d+) passed/),
    failed: number(/\| (\d+) failed/),
    skipped: number(/\| (\d+) ignored/),
  }
  const told = Number.isNaN(bun.passed) ? deno : bun
  if (Number.isNaN(told.passed)) return { passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, skipped: 0 }
  const failed = told.failed || 0
  return {
    passed: told.passed,
    failed: isOk ? failed : Math.max(1, failed),
    skipped: told.skipped || 0,
  }
}

/** The tests of a room in the first runtime, in one process or several. */
function checkInBun(room: string): Promise<Result>[] {
  const shards = SHARDS[room] ?? 1
  const test = (name: string, paths: string[]) =>
    check(name, BUN, ['test', '--timeout=120000', ...paths])
  if (shards === 1) return [test(`${room} (bun)`, [`./test/${room}/`])]
  const files = readdirSync(join(root, 'test', room)).filter((name) => name.endsWith('.test.ts'))
  return Array.from({ length: shards }, (_, shard) => {
    const own = files.sort().filter((_, index) => index % shards === shard)
    return test(
      `${room} (bun, ${shard + 1}/${shards})`,
      own.map((name) => `./test/${room}/${name}`),
    )
  })
}

/**
 * The server's tests in the second runtime: all of them on one database, and on both those of the port behind which the
 * databases are alike. That each route is right on each database is shown in the first runtime.
 */
function checkServerInDeno(): Promise<Result>[] {
  const store = 'test/server/store'
  return [
    check('server (deno)', DENO, [...DENO_TEST, `--ignore=${store}`, 'test/server'], {
      PHYLUM_TEST_DATABASES: 'sqlite',
    }),
    check('server/store (deno)', DENO, [...DENO_TEST, store]),
  ]
}

const wanted = process.argv.slice(2)
const rooms = readdirSync(join(root, 'test'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NO_TESTS.has(entry.name))
  .map((entry) => entry.name)
  .filter((name) => wanted.length === 0 || wanted.includes(name))
const results: Result[] = []

if (wanted.length === 0) {
  results.push(
    ...await Promise.all([
      check('format', DENO, ['fmt', '--check', ...FORMAT, ...SOURCES]),
      check('lint', DENO, ['lint', '--no-config', ...SOURCES]),
      check('types', join(root, 'node_modules/.bin/tsc'), []),
      check('types of the guest', join(root, 'node_modules/.bin/tsc'), ['-p', 'src/guest']),
      check('generated files', BUN, ['test/house/generate.ts', '--check']),
    ]),
  )
}
results.push(await check('executable', BUN, ['test/house/build.ts']))
for (const room of rooms) {
  const path = `test/${room}`
  const runs = checkInBun(room)
  if (room === 'server') runs.push(...checkServerInDeno())
  else if (!BUN_ONLY.has(room)) {
    runs.push(check(`${room} (deno)`, DENO, [...DENO_TEST, path]))
  }
  results.push(...await Promise.all(runs))
}

const sum = (key: 'passed' | 'failed' | 'skipped') =>
  results.reduce((total, each) => total + each[key], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
process.exitCode = sum('failed') === 0 ? 0 : 1
