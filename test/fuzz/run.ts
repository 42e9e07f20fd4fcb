/**
 * Feeds every target with hostile input, in Bun and in Deno: `npm run fuzz [-- --seed=N] [--share=0.1] [--path=P] [NAME]…`.
 * The same seed makes the same inputs again.
 */
import process from 'node:process'
import { feed } from './target.ts'
import { TARGETS } from './targets.ts'

const words = process.argv.slice(2)
const option = (name: string) =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
const names = words.filter((word) => !word.startsWith('-'))
const seed = Number(option('seed') ?? Date.now() % 0x7fffffff)
const share = Number(option('share') ?? 1)
const path = option('path')
const runtime = 'Bun' in globalThis ? 'bun' : 'deno'

let inputs = 0
let failures = 0
for (const target of TARGETS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const count = Math.ceil(target.inputs * share)
  const started = performance.now()
  try {
    await feed(target, { inputs: count, seed, ...(path === undefined ? {} : { path }) })
    inputs += count
  } catch (error) {
    failures++
    console.log(String(error instanceof Error ? error.message : error))
    if (error instanceof Error && error.cause instanceof Error) console.log(error.cause.stack)
  }
  const took = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    `${runtime.padEnd(4)} ${target.name.padEnd(24)} ${String(count).padStart(7)} inputs ${
      took.padStart(7)
    } s`,
  )
}
console.log(`${runtime}: ${inputs} inputs, ${failures} failures, seed ${seed}`)
process.exitCode = failures === 0 ? 0 : 1
