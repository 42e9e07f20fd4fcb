import type { CredentialSource, Fetch, Log } from '#base'
import type { PresentPermissions } from '#permissions'
import type { RunDescription } from '#protocol'
import type { Engine, EngineKind, KeptModules, Layers } from '#sandbox'
import type { CallFunctions } from './answer_call.ts'
import type { CommandWorld } from './plan_command.ts'

/** What one run needs. */
export interface RunOptions extends PresentPermissions {
  extension: {
    name: string
    directory: string
    /** The module that it begins with. */
    entryPoint: string
    /** What its digest leaves out: it could change unseen, so it must not be loaded either. */
    undigested: string
    /** Whether it is kept by phylum, and so may keep something itself from run to run. */
    isInstalled: boolean
    /** What its manifest asks for, as it is written. */
    permissions: RunDescription['permissions']
    /** Modules from elsewhere that were fetched for it; null when it has none. */
    modules: KeptModules | null
    /** What helps when one is missing: a sentence for its author. */
    remedy: string
  }
  /** Files of tests to be run in its place; absolute. */
  tests?: readonly string[] | undefined
  /** Its arguments, or options for the engine's runner of tests. */
  args: readonly string[]
  /** The extension's state directory, which exists; null when it keeps none. */
  stateDirectory: string | null
  engine: Engine & { kind: EngineKind }
  /** What the kernel holds back, and how the wall is put up; null when the user wants none. */
  wall: { layers: Layers; forget: () => void } | null
  /** Where the programs of the manifest's `run` are, and what these need to be started. */
  programs: readonly string[]
  interpreters: readonly string[]
  workingDirectory: string
  apiOrigin: string
  credential: CredentialSource
  /** Ends the run as a signal would. */
  stop?: AbortSignal | undefined
  /** What the commands are run in that the extension has its host run. */
  commands: Pick<CommandWorld, 'findLibraries' | 'home'> & {
    /** What stays closed to those that run outside of the sandbox, beside what always does. */
    closedOutside: readonly string[]
  }
  /** What the extension may ask of its host beside that, by name. */
  functions?: CallFunctions
  /** Puts the question for a manifest without `[api]` table; the guest is stopped meanwhile. */
  ask: () => Promise<boolean>
  fetch: Fetch
  fetchAlone: Fetch
  /** How long the API may be silent, in milliseconds. */
  timeout: number
  userAgent: string
  /** Where a run directory may be made, in order of preference. */
  runPlaces: readonly string[]
  /** What no extension may read or write, whatever it was granted. */
  denyAccess: readonly string[]
  /** Programs that run with the user's rights. */
  denyWrite: readonly string[]
  environment: Readonly<Record<string, string | undefined>>
  /** Those of the descriptors 0, 1 and 2 that lead to a terminal. */
  terminals: readonly number[]
  log: Log
}
