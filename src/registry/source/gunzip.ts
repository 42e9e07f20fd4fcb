import { closeSync, openSync, readSync } from 'node:fs'
import { PhylumError } from '#base'
import { TREE_LIMITS } from '../digest.ts'
import type { RefuseTree } from './tree.ts'

/** How much is given to the decompressor at once, in bytes: it makes a thousand times as much of it at worst. */
const CHUNK = 4 * 1024

/** Up to here the ratio does not matter, in bytes: an empty file of a megabyte is no attack. */
const FREE = 16 * 1024 * 1024

/** Most bytes that come out of one byte; text shrinks to a tenth, and gzip can do 1,030. */
const MAX_RATIO = 100

/**
 * Unpacks a gzip file piece by piece.
 *
 * @throws what `refuse` builds: when it is no gzip file, damaged, cut off, has something behind its end, or grows without measure
 */
export async function* gunzip(path: string, refuse: RefuseTree): AsyncGenerator<Uint8Array> {
  const descriptor = openSync(path, 'r')
  let taken = 0
  let made = 0
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = new Uint8Array(CHUNK)
      const count = readSync(descriptor, chunk, 0, chunk.length, null)
      if (taken === 0) assertGzip(chunk.subarray(0, count), refuse)
      taken += count
      if (count === 0) controller.close()
      else controller.enqueue(chunk.subarray(0, count))
    },
  }, { highWaterMark: 0 })
  const reader = source.pipeThrough(new DecompressionStream('gzip')).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw cause instanceof PhylumError ? cause : refuse('it is damaged, or cut off', cause)
      })
      if (done) break
      made += value.length
      const isBomb = made > FREE && made > taken * MAX_RATIO
      // Headers and padding may double what the files in it may hold.
      if (isBomb || made > 2 * TREE_LIMITS.bytes) {
        throw refuse('it grows without measure when it is unpacked')
      }
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
    closeSync(descriptor)
  }
}

function assertGzip(start: Uint8Array, refuse: RefuseTree): void {
  if (start.length === 0) throw refuse('it is empty')
  if (start[0] === 0x1f && start[1] === 0x8b) return
  const text = new TextDecoder().decode(start.subarray(0, 64)).trimStart()
  throw refuse(
    text.startsWith('<') ? 'it is a web page, and no archive' : 'it is no gzip-compressed archive',
  )
}
