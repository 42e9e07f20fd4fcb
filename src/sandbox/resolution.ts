import { GUEST_DIRECTORY, IMPORT_MAP_FILE, TEMPORARY } from './guest_files.ts'
import { LOCK_FILE } from './module_files.ts'
import type { Launch, Plan } from './plan.ts'

/** What modules are resolved for, and where they go. */
export interface Resolution {
  /** Modules that the extension begins with; absolute. */
  entryPoints: readonly string[]
  /** Where modules are kept: the engine's own directory while it resolves; it may change it. */
  destination: string
  /** Whether the lock file must say all of it already. */
  isFrozen: boolean
  /** Whether packages are laid out as other engines look for them, too. */
  hasPackageDirectory: boolean
  /** Where JSR is; null for its usual place. */
  jsrUrl: string | null
  /** For how many days versions of packages wait before they are used; null for as long as the engine wants: one. */
  minimumAge: number | null
}

/** Name of the file, in the home that the engine is given, that says where npm registries are; credentials are no part of it. */
export const REGISTRIES_FILE = `${GUEST_DIRECTORY}/.npmrc`

/**
 * Plans the process that fetches modules. It reads sources and downloads; it executes nothing of them, no script of a package either
 * (only `--allow-scripts` would let it), and builds nothing.
 */
export function planResolution(plan: Plan, resolution: Resolution): Launch {
  return launch(plan, resolution, [
    'cache',
    ...(resolution.hasPackageDirectory ? ['--node-modules-dir=auto'] : []),
    ...common(plan, resolution),
    ...resolution.entryPoints,
  ])
}

/** Plans the process that tells which module imports which, once all are there. */
export function planInspection(plan: Plan, resolution: Resolution, entryPoint: string): Launch {
  return launch(plan, resolution, ['info', '--json', ...common(plan, resolution), entryPoint])
}

function common(plan: Plan, { destination, isFrozen, minimumAge }: Resolution): string[] {
  return [
    '--quiet',
    '--no-config',
    `--lock=${destination}/${LOCK_FILE}`,
    ...(isFrozen ? ['--frozen'] : []),
    ...(minimumAge === null ? [] : [`--min-dep-age=${Math.round(minimumAge * 24 * 60)}`]),
    `--import-map=${plan.runDirectory}/${IMPORT_MAP_FILE}`,
    // Which hosts it may reach, the host decides, which goes there in its place.
    '--allow-import',
  ]
}

function launch(plan: Plan, { destination, jsrUrl }: Resolution, args: readonly string[]): Launch {
  const proxy = `unix:${plan.socket}`
  return {
    command: plan.engine,
    args,
    environment: {
      DENO_DIR: destination,
      DENO_NO_UPDATE_CHECK: '1',
      DENO_NO_PACKAGE_JSON: '1',
      NO_COLOR: '1',
      HOME: `${plan.runDirectory}/${GUEST_DIRECTORY}`,
      TMPDIR: `${plan.runDirectory}/${TEMPORARY}`,
      HTTPS_PROXY: proxy,
      HTTP_PROXY: proxy,
      ...(jsrUrl === null ? {} : { JSR_URL: jsrUrl }),
    },
  }
}
