/**
 * Feeds every target with hostile input, in Bun and in Deno at once: `npm run fuzz [-- --seed=N] [--share=0.1] [--path=P] [NAME]…`.
 * The same seed makes the same inputs again; a report of a failure names it, with the path to the one input.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { DENO } from '../harness/phylum.ts'
import { feed } from './target.ts'
import { TARGETS } from './targets.ts'

const words = process.argv.slice(2)
const option = (name: string) =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
const names = words.filter((word) => !word.startsWith('-'))
const seed = Number(option('seed') ?? Date.now() % 0x7fffffff)
const share = Number(option('share') ?? 1)
const path = option('path')

if (words.includes('--here')) process.exitCode = await feedHere()
else {
  console.log(`seed ${seed}`)
  const script = fileURLToPath(import.meta.url)
  const options = ['--here', ...words, `--seed=${seed}`]
  const results = await Promise.all([
    runIn(process.execPath, [script, ...options]),
    runIn(DENO, ['run', '-A', '--no-check', script, ...options]),
  ])
  const inputs = results.reduce((sum, each) => sum + each.inputs, 0)
  const isFailed = results.some((each) => each.code !== 0)
  console.log(`\n${inputs} inputs, ${isFailed ? 'failed' : 'none failed'}, seed ${seed}`)
  process.exitCode = isFailed ? 1 : 0
}

/** Feeds the targets in this process. @returns the exit code */
async function feedHere(): Promise<number> {
  const runtime = 'Bun' in globalThis ? 'bun' : 'deno'
  let failures = 0
  for (const target of TARGETS) {
    if (names.length > 0 && !names.includes(target.name)) continue
    const inputs = Math.ceil(target.inputs * share)
    const started = performance.now()
    let fault: unknown
    try {
      await feed(target, { inputs, seed, ...(path === undefined ? {} : { path }) })
    } catch (error) {
      fault = error
      failures++
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const sum = `${runtime.padEnd(5)}${target.name.padEnd(24)}${String(inputs).padStart(7)} inputs`
    console.log(`${sum}${seconds.padStart(8)} s${fault === undefined ? '' : '  FAILED'}`)
    if (fault !== undefined) console.log(fault)
  }
  return failures === 0 ? 0 : 1
}

/** Runs the same in a runtime of its own, passes on what it prints and counts the inputs. */
async function runIn(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; inputs: number }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    process.stdout.write(chunk)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const counts = [...output.matchAll(/^\w+ +\S.* (\d+) inputs/gm)].map(([, count]) => Number(count))
  return { code, inputs: counts.reduce((sum, count) => sum + count, 0) }
}
