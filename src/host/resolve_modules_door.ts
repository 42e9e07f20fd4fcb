import type { ResolveModulesOptions } from './resolve_modules.ts'

/** Fetches the modules of an extension; what that needs is loaded by those who do it. */
export async function resolveModules(options: ResolveModulesOptions): Promise<boolean> {
  const door = await import('./resolve_modules.ts')
  return await door.resolveModules(options)
}
