/** How much of a body has gone out, and whether that is all of it. */
export interface Count {
  bytes: number
  isCut: boolean
}

/**
 * Passes the body of an answer on and counts it.
 *
 * @param onEnd called once, when the count is final
 */
export function countBody(
  body: ReadableStream<Uint8Array>,
  count: Count,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          onEnd()
          controller.close()
        } else {
          count.bytes += value.byteLength
          controller.enqueue(value)
        }
      } catch (error) {
        count.isCut = true
        onEnd()
        controller.error(error)
      }
    },
    async cancel(reason) {
      count.isCut = true
      onEnd()
      await reader.cancel(reason)
    },
  }, { highWaterMark: 0 })
}
