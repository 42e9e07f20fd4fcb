/**
 * How a guest is confined: one plan in neutral words, one driver for each means that holds it. It starts the process and
 * knows how to signal it; it knows no credential, and nothing of what the guest is for.
 */
export { planDeno } from './deno.ts'
export { compareVersions, findDeno, MINIMUM_DENO } from './engine.ts'
export type { EngineSearch } from './engine.ts'
export { writeGuestFiles } from './guest_files.ts'
export { assertHoldable } from './one_wall.ts'
export type { Launch, Plan } from './plan.ts'
export { startGuest } from './start.ts'
export type { Ending, Guest } from './start.ts'
export { startWatchdog } from './watchdog.ts'
export type { Watchdog } from './watchdog.ts'
