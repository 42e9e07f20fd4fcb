import { setTimeout as delay } from 'node:timers/promises'

/** What is said to be JSON, and is neither that nor text: a reader that trusts the type stumbles over each part of it. */
const GARBAGE = Buffer.concat([
  Buffer.from('<html>{"groups":[{"group_name":"'),
  Buffer.from([0xff, 0xfe, 0x00]),
  Buffer.from('…'),
])

/** How long the first half has to reach the network, in milliseconds: an answer cut at once would not even begin. */
const HEAD_START = 20

/** Makes an answer whose body ends in its middle, with the connection, or is not what its type says. */
export function spoilBody(answer: Response, how: 'cut' | 'garbage'): Response {
  if (how === 'garbage') {
    const spoilt = new Response(GARBAGE, answer)
    spoilt.headers.set('content-length', String(GARBAGE.length))
    return spoilt
  }
  const spoilt = new Response(cut(answer), answer)
  // What is announced would be the whole; what arrives is counted instead.
  spoilt.headers.delete('content-length')
  return spoilt
}

function cut(answer: Response): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const body = new Uint8Array(await answer.arrayBuffer())
      controller.enqueue(body.subarray(0, body.length >> 1))
      await delay(HEAD_START)
      controller.error(new Error('The connection is cut: a fault on demand'))
    },
  }, { highWaterMark: 0 })
}
