import { UsageError } from '#base'
import process from 'node:process'
import { examine } from '#sandbox'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { launcherOf, searchNamespaces } from '../wall.ts'

/** `phylum sandbox` */
export const sandbox: Command = {
  name: 'sandbox',
  summary: 'Show what this machine can hold an extension with',
  usage: '--check',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'check', summary: 'Try each layer of the wall' },
    { name: 'json', summary: 'Print it as JSON' },
  ],
  examples: [
    ['phylum sandbox --check', 'the layers, and what is missing for more'],
    ['phylum sandbox --check --json', 'the same for programs; exit code 0 when the wall is whole'],
  ],
  async run(context, given) {
    if (!hasOption(given, 'check')) {
      throw new UsageError('An option is missing: --check', { usage: 'phylum sandbox --check' })
    }
    const state = await check(context)
    const { terminal } = context
    if (hasOption(given, 'json')) terminal.print(JSON.stringify({ schema: 1, ...state }))
    else terminal.print(render(state))
    return state.level === 'full' ? 0 : 1
  },
}

/** What this machine enforces. */
interface State {
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

async function check(context: Context): Promise<State> {
  if (process.platform !== 'linux') {
    return {
      level: 'none',
      layers: [],
      missing: [`a wall that is in use on "${process.platform}"`],
    }
  }
  const { maker, faults } = await searchNamespaces(context, { isFresh: true })
  const kernel = await examine(await launcherOf(context))
  const layers: Layer[] = [
    {
      name: 'namespaces',
      enforced: maker !== null,
      detail: maker === null ? faults.join('; ') : maker.path,
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

function render({ level, layers, missing }: State): string {
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
