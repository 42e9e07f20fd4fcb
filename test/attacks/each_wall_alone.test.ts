/**
 * The same plan, for each wall alone: what the plan denies, each denies; what it grants, each grants. Plans and trees are made
 * up, links and closed places among them.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { planDeno } from '#sandbox'
import type { Layers } from '#sandbox'
import { DENO } from '../harness/phylum.ts'
import { MAKERS, NO_LAYERS, planOf, STABLE, tryWall } from '../harness/wall.ts'
import type { WallTrial } from '../harness/wall.ts'

/** Directories of a tree, each with one file in it. */
const DIRECTORIES = ['a', 'a/b', 'a/b/c', 'a/d', 'e', 'e/f', 'g'] as const

type Directory = (typeof DIRECTORIES)[number]

const directory = fc.constantFrom(...DIRECTORIES)

const plans = fc.record({
  read: fc.uniqueArray(directory, { maxLength: 3 }),
  write: fc.uniqueArray(directory, { maxLength: 2 }),
  closed: fc.uniqueArray(directory, { maxLength: 2 }),
  fixed: fc.uniqueArray(directory, { maxLength: 1 }),
  /** Links that lie in the tree before: in which directory, and where to. */
  links: fc.uniqueArray(fc.record({ from: directory, to: directory }), {
    maxLength: 3,
    selector: ({ from }) => from,
  }),
})

type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never

/** One way to use a file. */
interface Use {
  path: string
  kind: 'read' | 'write'
}

const isWithin = (path: string, top: string) => path === top || path.startsWith(`${top}/`)

/** What a plan says of a use of a file, by where it really is. */
function isGranted(root: string, plan: Plan, { path, kind }: Use): boolean {
  const real = realpathSync(path).slice(root.length + 1)
  const within = (tops: readonly Directory[]) => tops.some((top) => isWithin(real, top))
  if (within(plan.closed)) return false
  return kind === 'read' ? within(plan.read) : within(plan.write) && !within(plan.fixed)
}

/** Tries every use, and tells which of them worked. */
const PROGRAM = `
  const worked = ({ path, kind }) => {
    try {
      if (kind === 'read') readFileSync(path)
      else writeFileSync(path, 'x')
      return true
    } catch { return false }
  }`

function makeTree(root: string, plan: Plan): Use[] {
  const paths: string[] = []
  for (const each of DIRECTORIES) {
    mkdirSync(join(root, each), { recursive: true })
    writeFileSync(join(root, each, 'file'), each)
    paths.push(join(root, each, 'file'))
  }
  for (const { from, to } of plan.links) {
    symlinkSync(join(root, to), join(root, from, 'link'))
    paths.push(join(root, from, 'link/file'))
  }
  return paths.flatMap((path) => (['read', 'write'] as const).map((kind) => ({ path, kind })))
}

async function tryKernel(trial: WallTrial, uses: readonly Use[]): Promise<boolean[]> {
  const { told, failure } = await tryWall(
    trial,
    `import { readFileSync, writeFileSync } from 'node:fs'
    ${PROGRAM}
    tell(${JSON.stringify(uses)}.map(worked))`,
  )
  assert.equal(failure, undefined, JSON.stringify(failure))
  return told[0] as boolean[]
}

async function tryEngine(trial: WallTrial, uses: readonly Use[]): Promise<boolean[]> {
  const { plan, guest } = await planOf(trial)
  writeFileSync(
    guest,
    `import { readFileSync, writeFileSync } from 'node:fs'
    ${PROGRAM}
    console.log(JSON.stringify(${JSON.stringify(uses)}.map(worked)))`,
  )
  writeFileSync(join(dirname(guest), 'import_map.json'), '{"imports":{}}')
  const { args, environment } = planDeno({ ...plan, engine: DENO })
  const { stdout, stderr } = spawnSync(DENO, args, { env: environment, encoding: 'utf8' })
  assert.notEqual(stdout, '', stderr)
  return JSON.parse(stdout)
}

interface Wall {
  name: string
  attempt: (trial: WallTrial, uses: readonly Use[]) => Promise<boolean[]>
  layers: Layers
  /** Uses that this wall alone cannot judge, and why. */
  cannot?: (root: string, plan: Plan, use: Use) => boolean
}

/** Answers whether a use is of a place that the plan lets be changed. */
function isInWritten(root: string, plan: Plan, { path }: Use): boolean {
  const real = realpathSync(path).slice(root.length + 1)
  return plan.write.some((top) => isWithin(real, top))
}

const WALLS: readonly Wall[] = [
  ...MAKERS.map((maker): Wall => ({
    name: `namespaces by ${maker.kind}`,
    attempt: tryKernel,
    layers: { ...NO_LAYERS, namespaces: maker },
    // A file system that may be written can be read: mounts know no other way.
    cannot: (root, plan, use) => use.kind === 'read' && isInWritten(root, plan, use),
  })),
  {
    name: 'Landlock',
    attempt: tryKernel,
    layers: { ...NO_LAYERS, landlock: true },
    // What lies below a directory that may be changed may be changed: rules only add.
    cannot: (root, plan, use) => use.kind === 'write' && isInWritten(root, plan, use),
  },
  {
    name: "the engine's permissions",
    attempt: tryEngine,
    layers: NO_LAYERS,
    // Links that lay there before are followed (denoland/docs#2958): it judges the names.
    cannot: (_root, _plan, { path }) => path.endsWith('/link/file'),
  },
  ...MAKERS.map((maker): Wall => ({
    name: `the whole wall by ${maker.kind}`,
    attempt: tryKernel,
    layers: { namespaces: maker, landlock: true, seccomp: true },
  })),
]

for (const { name, attempt, layers, cannot } of WALLS) {
  test(`D50 D51 A5 what a plan denies, ${name} alone denies`, async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const root = realpathSync(mkdtempSync(join(STABLE, 'phylum-plan-')))
        try {
          const uses = makeTree(root, plan)
          const places = (list: readonly Directory[]) => list.map((each) => join(root, each))
          const read = places(plan.read)
          const worked = await attempt({
            layers,
            directory: root,
            granted: {
              read: layers.landlock && layers.namespaces === null ? [...read, '/proc'] : read,
              write: places(plan.write),
            },
            denyAccess: places(plan.closed),
            denyWrite: places(plan.fixed),
          }, uses)
          for (const [index, use] of uses.entries()) {
            if (cannot?.(root, plan, use)) continue
            const granted = isGranted(root, plan, use)
            // A link can be followed where it can be seen; through it, no more is reached than without it.
            if (use.path.endsWith('/link/file')) assert.ok(granted || !worked[index], use.path)
            else assert.equal(worked[index], granted, JSON.stringify(use))
          }
        } finally {
          rmSync(root, { recursive: true, force: true })
        }
      }),
      { numRuns: 12, seed: 20261126, endOnFailure: true },
    )
  })
}
