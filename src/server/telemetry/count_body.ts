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
  let hasEnded = false

  /** Who goes away while a piece is waited for ends the count, and the wait ends after that. */
  function end(isCut: boolean): void {
    if (hasEnded) return
    hasEnded = true
    count.isCut = isCut
    onEnd()
  }

  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (hasEnded) return
        if (done) {
          end(false)
          controller.close()
        } else {
          count.bytes += value.byteLength
          controller.enqueue(value)
        }
      } catch (error) {
        if (hasEnded) return
        end(true)
        controller.error(error)
      }
    },
    async cancel(reason) {
      end(true)
      await reader.cancel(reason)
    },
  }, { highWaterMark: 0 })
}
