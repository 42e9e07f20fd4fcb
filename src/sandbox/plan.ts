import type { GrantedPermissions } from '#permissions'
import type { Libraries } from './libraries.ts'

/**
 * What one run may do, in words that no engine and no kernel knows yet; each driver translates it. Paths are absolute
 * and normalised; where a path is both granted and denied, it is denied.
 */
export interface Plan {
  /** Executable of the engine. */
  engine: string
  /** What the engine needs beside itself to start. */
  libraries: Libraries
  /** Directory of the run: the guest, its description, the socket, scratch space of the engine. */
  runDirectory: string
  /** Path of the broker's socket. */
  socket: string
  /** Directory of the extension, the only one from which modules are loaded. */
  extensionDirectory: string
  /** Modules from elsewhere that were fetched for the extension before; null when it has none. */
  modules: KeptModules | null
  /** The extension's own state directory, readable and writable; null when it has none. */
  stateDirectory: string | null
  /** Directory in which the engine starts. */
  workingDirectory: string
  /** What the manifest grants and the user agreed to. */
  granted: GrantedPermissions
  /**
   * Paths that the manifest lists in `read` and that are not there. An engine that judges paths lets the extension find that out, as it
   * does elsewhere; the kernel opens nothing for them.
   */
  missing: readonly string[]
  /** Where the programs of `granted.run` are; absolute. */
  programs: readonly string[]
  /** What the kernel starts in their place; the extension may not start it by itself. */
  interpreters: readonly string[]
  /** What stays unreadable and unwritable even under `read = true` and `write = true`. */
  denyAccess: readonly string[]
  /** What stays unwritable even under `write = true`: programs that run with the user's rights. */
  denyWrite: readonly string[]
  /** Files of tests that the engine runs in place of the extension; absolute. */
  tests?: readonly string[] | undefined
  /** Arguments for the extension, or options for the engine's runner of tests. */
  args: readonly string[]
  /** The user's environment; the plan's driver takes from it only what is granted. */
  environment: Readonly<Record<string, string | undefined>>
}

/** Modules that a run may load, and nobody may change. */
export interface KeptModules {
  /** Directory in which they lie. */
  directory: string
  /** Hosts that they came from. */
  hosts: readonly string[]
  /** Where JSR was, when they were fetched; null for its usual place. */
  jsrUrl: string | null
}

/** A process to be started: the result of translating a plan. */
export interface Launch {
  command: string
  args: readonly string[]
  environment: Readonly<Record<string, string>>
}
