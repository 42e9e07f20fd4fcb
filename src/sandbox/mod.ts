/**
 * How a guest is confined: one plan in neutral words, one driver for each means that holds it. It starts the process and
 * knows how to signal it; it knows no credential, and nothing of what the guest is for.
 */
export { planDeno } from './deno.ts'
export { compareVersions, findDeno, findHost, MINIMUM_DENO } from './engine.ts'
export type { Engine, EngineSearch } from './engine.ts'
export { explainFailure } from './explain_failure.ts'
export { findNamespaces } from './find_namespaces.ts'
export type { NamespaceFinding, NamespaceSearch } from './find_namespaces.ts'
export { findCommand } from './find_program.ts'
export { writeGuestFiles } from './guest_files.ts'
export type { NamespaceMaker } from './namespaces.ts'
export { assertHoldable } from './one_wall.ts'
export type { Launch, Plan } from './plan.ts'
export { launcherRuntime } from './runtime.ts'
export type { LauncherRuntime } from './runtime.ts'
export { startGuest } from './start.ts'
export type { Ending, Guest } from './start.ts'
export { startWatchdog } from './watchdog.ts'
export type { Watchdog } from './watchdog.ts'
export { putUp } from './wall.ts'
export type { Layers, WalledLaunch } from './wall.ts'
