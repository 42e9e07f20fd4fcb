import { isReservedVariable } from '#permissions'
import { TEMPORARY } from './guest_files.ts'
import type { Plan } from './plan.ts'

/** What an extension may know of the terminal it writes to; none of it names a file, a host or a program. */
const TERMINAL_NAMES = ['TERM', 'COLORTERM', 'NO_COLOR', 'COLUMNS', 'LINES'] as const

/**
 * Builds a guest's environment from nothing. Copying the user's and deleting from it would hand out whatever the next
 * runtime invents: `DENO_PERMISSION_BROKER_PATH` alone replaces every permission flag.
 */
export function buildEnvironment(plan: Plan): Record<string, string> {
  const environment: Record<string, string> = {}
  const { env, run } = plan.granted
  const names = new Set<string>(TERMINAL_NAMES)
  if (env === true) { for (const name of Object.keys(plan.environment)) names.add(name) }
  else for (const name of env) names.add(name)
  // A command is looked up by the engine, inside; which one it may start was resolved outside.
  if (run === true || run.length > 0) names.add('PATH')
  for (const name of names) {
    const value = plan.environment[name]
    if (value !== undefined && !isReservedVariable(name)) environment[name] = value
  }
  // The system's own may not be there, or not be for writing; and the user's is nobody's business here.
  environment['TMPDIR'] = `${plan.runDirectory}/${TEMPORARY}`
  return environment
}

/** The variables that the extension may read: what was granted, and what every extension gets. */
export function readableNames(plan: Plan): true | readonly string[] {
  return plan.granted.env === true ? true : [...TERMINAL_NAMES, ...plan.granted.env]
}
