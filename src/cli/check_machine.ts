import { examine, nameOf } from '#sandbox'
import process from 'node:process'
import type { Context } from './compose.ts'
import { searchNamespaces } from './wall.ts'

/** What this machine enforces. */
export interface MachineState {
  level: 'full' | 'partial' | 'none'
  layers: readonly Layer[]
  /** What would have to be there for more, one sentence each. */
  missing: readonly string[]
}

interface Layer {
  name: string
  enforced: boolean
  /** By what, or why not. */
  detail: string
}

/** Tries each layer of the wall. */
export async function checkMachine(context: Context): Promise<MachineState> {
  if (process.platform !== 'linux') {
    return {
      level: 'none',
      layers: [],
      missing: [`a wall that is in use on "${process.platform}"`],
    }
  }
  const { maker, faults } = await searchNamespaces(context, { isFresh: true })
  const kernel = await examine()
  const layers: Layer[] = [
    {
      name: 'namespaces',
      enforced: maker !== null,
      detail: maker === null ? faults.join('; ') : nameOf(maker),
    },
    {
      name: 'landlock',
      enforced: kernel.landlockFault === undefined,
      detail: kernel.landlockFault ?? `version ${kernel.landlock}`,
    },
    {
      name: 'seccomp',
      enforced: kernel.seccompFault === undefined,
      detail: kernel.seccompFault ?? 'a filter of system calls',
    },
  ]
  const [namespaces, ...others] = layers.map(({ enforced }) => enforced)
  const hasOthers = others.every(Boolean)
  const newer = kernel.open.map(([version, what]) => `Landlock ${version}: without it, ${what}`)
  return {
    level: hasOthers ? (namespaces ? 'full' : 'partial') : 'none',
    layers,
    missing: [
      ...(namespaces ? [] : ['namespaces: install bubblewrap, or allow user namespaces']),
      ...(kernel.landlockFault === undefined ? newer : ['Landlock: Linux 5.13 or newer with it']),
      ...(kernel.seccompFault === undefined ? [] : ['seccomp: a kernel with filters']),
    ],
  }
}

/** Says it to people. */
export function renderMachine({ level, layers, missing }: MachineState): string {
  return [
    ...layers.map(({ name, enforced, detail }) =>
      `${name.padEnd(11)} ${enforced ? 'yes' : 'no '}  ${detail}`
    ),
    '',
    {
      full: 'The wall is whole: extensions of both engines, and programs that they start.',
      partial: 'The wall is partial: enough for the Deno engine, without programs.',
      none: 'There is no wall: only --no-wall runs extensions, held by the engine alone.',
    }[level],
    ...missing.map((each) => `missing: ${each}`),
  ].join('\n')
}
