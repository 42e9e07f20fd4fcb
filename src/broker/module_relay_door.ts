import type { ModuleRelay, ModuleRelayOptions } from './module_relay.ts'

/** Starts a relay; what it needs is loaded by those few who need one. */
export async function startModuleRelay(options: ModuleRelayOptions): Promise<ModuleRelay> {
  const relay = await import('./module_relay.ts')
  return await relay.startModuleRelay(options)
}
