import type { Readable } from 'node:stream'

/**
 * Keeps what a stream brings, up to a little more than a limit in bytes; the rest is read, and thrown away.
 *
 * @param onExcess called when there is more than the limit
 */
export async function collect(
  stream: Readable | null,
  limit: number,
  onExcess: () => void = () => {},
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream ?? []) {
    if (length > limit) continue
    chunks.push(chunk)
    length += chunk.length
    if (length > limit) onExcess()
  }
  return Buffer.concat(chunks)
}
