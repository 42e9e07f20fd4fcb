/**
 * A server that gives and takes long bodies as fast as it can, in a process of its own: `bun test/bench/bulk_server.ts`. It prints
 * its origin, and ends with its standard input.
 */
const CHUNK = new Uint8Array(256 * 1024).fill(0x62)

function download(length: number): Response {
  let left = length
  const body = new ReadableStream({
    type: 'direct',
    async pull(controller: ReadableStreamDirectController) {
      while (left > 0) {
        const part = CHUNK.subarray(0, Math.min(left, CHUNK.length))
        left -= part.length
        controller.write(part)
        await controller.flush()
      }
      controller.end()
    },
  } as unknown as UnderlyingByteSource)
  return new Response(body, { headers: { 'content-length': String(length) } })
}

async function upload(request: Request): Promise<Response> {
  let bytes = 0
  for await (const chunk of request.body ?? []) bytes += chunk.length
  return Response.json({ bytes })
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  fetch(request) {
    const url = new URL(request.url)
    return request.method === 'POST'
      ? upload(request)
      : download(Number(url.searchParams.get('bytes')))
  },
})
console.log(`http://127.0.0.1:${server.port}`)
for await (const _ of Bun.stdin.stream()) {
  // Nothing is said to it; the end of the stream is the end of the benchmark.
}
await server.stop(true)
