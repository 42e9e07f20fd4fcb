/**
 * Passes the body of an answer on and counts it.
 *
 * @param onEnd called once, with the bytes that went out, and whether the body was cut before its end
 */
export function countBody(
  body: ReadableStream<Uint8Array>,
  onEnd: (bytes: number, isCut: boolean) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let bytes = 0
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          onEnd(bytes, false)
          controller.close()
        } else {
          bytes += value.byteLength
          controller.enqueue(value)
        }
      } catch (error) {
        onEnd(bytes, true)
        controller.error(error)
      }
    },
    async cancel(reason) {
      onEnd(bytes, true)
      await reader.cancel(reason)
    },
  }, { highWaterMark: 0 })
}
