/** After how many streamed bytes memory is given back. */
const STEP = 16 * 1024 * 1024

let collect: Promise<() => void> | undefined
let streamed = 0

/**
 * Counts the bytes of long bodies and has the runtime free the chunks that are through. Left alone, both runtimes let
 * some hundred megabytes of them pile up before they look; a chunk's memory lies outside the heap they watch.
 *
 * @param bytes length of the chunk that was passed on
 */
export async function reclaim(bytes: number): Promise<void> {
  streamed += bytes
  if (streamed < STEP) return
  streamed = 0
  ;(await (collect ??= findCollector()))()
}

async function findCollector(): Promise<() => void> {
  if ('Bun' in globalThis) return () => Bun.gc(true)
  // V8 shows its collector to contexts made after the flag was set, and to nobody else.
  const [v8, vm] = await Promise.all([import('node:v8'), import('node:vm')])
  v8.setFlagsFromString('--expose-gc')
  const gc: unknown = vm.runInNewContext('gc')
  return typeof gc === 'function' ? () => gc({ type: 'minor' }) : () => {}
}
