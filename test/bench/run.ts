/**
 * `npm run bench`: measures phylum against the same work done without it, side by side in one run, and writes BENCHMARKS.md.
 * Ratios are what counts; the milliseconds belong to one machine on one day. `npm run bench -- quick` measures less and
 * writes nothing.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ROOT } from '../harness/phylum.ts'
import { measureProcesses, measureRequests } from './measure.ts'
import type { Effort } from './measure.ts'
import { renderReport } from './report.ts'
import { createWorld } from './world.ts'

const isQuick = process.argv.includes('quick')
const effort: Effort = isQuick
  ? { rounds: 3, blocks: 1, requests: 200, bytes: 32 * 1024 * 1024 }
  : { rounds: 21, blocks: 4, requests: 800, bytes: 256 * 1024 * 1024 }

const world = await createWorld()
try {
  const processes = await measureProcesses(world, effort)
  const requests = await measureRequests(world, effort)
  const report = renderReport({ processes, requests, effort })
  console.log(report)
  if (!isQuick) writeFileSync(join(ROOT, 'BENCHMARKS.md'), report)
} finally {
  await world.stop()
}
