import type { Engine } from './engine.ts'
import { createBunEngine } from './engine_bun.ts'
import { createDenoEngine } from './engine_deno.ts'

/** The engine that runs this. */
export const engine: Engine = 'Bun' in globalThis ? createBunEngine() : createDenoEngine()
