/**
 * The life of one run: makes its directory, starts its broker and its guest, passes signals on, and sees to it that
 * nothing is left. It runs code and never installs any; the credential passes through as a source it cannot open.
 */
export type { CallFunction, CallFunctions } from './answer_call.ts'
export { IS_TERMINAL_FILTERED } from './guest_terminal.ts'
export { closeProcess } from './harden.ts'
export { resolveModules } from './resolve_modules_door.ts'
export type { ResolveModulesOptions } from './resolve_modules.ts'
export { run } from './run.ts'
export type { RunOptions } from './run_options.ts'
export { assertHoldsCommands, planCommand } from './plan_command.ts'
export type { CommandWorld } from './plan_command.ts'
export { runCommand } from './run_command.ts'
