/**
 * The one gate: format, lint, types, generated files, the executable, and every test. `npm test` calls it; with names of
 * rooms (`npm test broker cli`) it runs those tests alone. The last line is the sum.
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
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

/** Rooms whose files are long, and so are jobs of their own. */
const BY_FILE = new Set(['runs', 'attacks', 'browser'])

/** Tests of what stands directly on the drivers of SQLite and PostgreSQL. */
const DRIVERS = ['database', 'open_database', 'open_postgres', 'open_sqlite', 'transfer']

/** Where the longest files are, in the order in which they start: what is long and starts last keeps all waiting. */
const FIRST = [
  'runs/team',
  'attacks/hostile_extension',
  'runs/streaming',
  'attacks/files',
  'runs/login',
  'browser/tokens',
]

/** How many jobs run at once: some of them always wait for a child. */
const WIDTH = availableParallelism() + 1

/** Folders of the test tree that hold no tests. */
const NO_TESTS = new Set(['bench', 'fuzz', 'harness'])

interface Result {
  name: string
  passed: number
  failed: number
  skipped: number
  output: string
}

/** A command that is one check, or many. */
interface Job {
  name: string
  command: string
  args: readonly string[]
  environment?: Record<string, string>
}

/** Runs a command; its exit code is one check, unless its output tells of many. */
async function check({ name, command, args, environment = {} }: Job): Promise<Result> {
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

/** Runs jobs, so many at once. */
async function checkAll(jobs: readonly Job[]): Promise<Result[]> {
  const waiting = [...jobs]
  const results: Result[] = []
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      results.push(await check(job))
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, work))
  return results
}

/** What is said of the text alone. */
function textJobs(): Job[] {
  const tsc = join(root, 'node_modules/.bin/tsc')
  return [
    { name: 'types', command: tsc, args: [] },
    { name: 'types of the guest', command: tsc, args: ['-p', 'src/guest'] },
    { name: 'format', command: DENO, args: ['fmt', '--check', ...FORMAT, ...SOURCES] },
    { name: 'lint', command: DENO, args: ['lint', '--no-config', ...SOURCES] },
    { name: 'generated files', command: BUN, args: ['test/house/generate.ts', '--check'] },
  ]
}

/** The tests of a room in the first runtime: a job for each file, or for each folder. */
function jobsInBun(room: string): Job[] {
  const parts = new Map<string, string[]>()
  for (const path of readdirSync(join(root, 'test', room), { encoding: 'utf8', recursive: true })) {
    if (!path.endsWith('.test.ts')) continue
    const part = BY_FILE.has(room) ? path.slice(0, -'.test.ts'.length) : dirname(path)
    parts.set(part, [...parts.get(part) ?? [], `./test/${room}/${path}`])
  }
  return [...parts].map(([part, paths]) => ({
    name: `${join(room, part)} (bun)`,
    command: BUN,
    args: ['test', '--timeout=120000', ...paths],
  }))
}

/**
 * The tests of a room in the second runtime. Those of the server: all of them on one database, and on both those of the drivers.
 * That everything above the drivers is right on each database is shown in the first runtime.
 */
function jobsInDeno(room: string): Job[] {
  if (BUN_ONLY.has(room)) return []
  const inDeno = (name: string, args: string[], environment: Record<string, string> = {}): Job => ({
    name: `${name} (deno)`,
    command: DENO,
    args: [...DENO_TEST, ...args],
    environment,
  })
  if (room !== 'server') return [inDeno(room, [`test/${room}`])]
  const drivers = DRIVERS.map((name) => `test/server/store/${name}.test.ts`)
  return [
    inDeno('server', [`--ignore=${drivers}`, 'test/server'], { PHYLUM_TEST_DATABASES: 'sqlite' }),
    inDeno('drivers of the server', drivers),
  ]
}

const wanted = process.argv.slice(2)
const rooms = readdirSync(join(root, 'test'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !NO_TESTS.has(entry.name))
  .map((entry) => entry.name)
  .filter((name) => wanted.length === 0 || wanted.includes(name))
const place = ({ name }: Job) => {
  const index = FIRST.findIndex((each) => name.startsWith(each))
  return index < 0 ? FIRST.length : index
}
const results = [
  await check({ name: 'executable', command: BUN, args: ['test/house/build.ts'] }),
  ...await checkAll([
    ...rooms.flatMap((room) => [...jobsInBun(room), ...jobsInDeno(room)])
      .sort((one, other) => place(one) - place(other)),
    ...(wanted.length === 0 ? textJobs() : []),
  ]),
]

const sum = (key: 'passed' | 'failed' | 'skipped') =>
  results.reduce((total, each) => total + each[key], 0)
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`)
process.exitCode = sum('failed') === 0 ? 0 : 1
