/**
 * Sends requests and tells how long they took: as an extension by `api.fetch`, or, started by the engine itself with the key in its
 * hands, by the engine's own `fetch`. The rest is the same code in both.
 */
const { what, origin, key, ...sizes } = JSON.parse(Deno.args[0])

const road = key === undefined
  ? (await import('phylum')).api.fetch
  : (path, init) =>
    fetch(`${origin}/api/v0${path}`, { ...init, headers: { authorization: `Bearer ${key}` } })

const work = { requests, download, upload }[what]
console.log(JSON.stringify(await work(sizes)))

/**
 * Measures blocks of requests with so many in flight.
 * @returns milliseconds of each block
 */
async function requests({ inFlight, requests, blocks, warmUp }) {
  const block = async (count) => {
    const started = performance.now()
    const one = async () => {
      for (let sent = 0; sent < count / inFlight; sent++) {
        const response = await road('/groups')
        if (!response.ok) throw new Error(`status ${response.status}`)
        await response.json()
      }
    }
    await Promise.all(Array.from({ length: inFlight }, one))
    return performance.now() - started
  }
  await block(warmUp)
  return await repeat(blocks, () => block(requests))
}

/** Measures how long it takes to read so many bytes. */
async function download({ bytes, blocks, warmUp }) {
  const read = async (length) => {
    const started = performance.now()
    const response = await road(`/download?bytes=${length}`)
    let received = 0
    for await (const chunk of response.body) received += chunk.length
    if (received !== length) throw new Error(`${received} bytes came, not ${length}`)
    return performance.now() - started
  }
  await read(warmUp)
  return await repeat(blocks, () => read(bytes))
}

/** Measures how long it takes to send so many bytes, as a stream. */
async function upload({ bytes, blocks, warmUp }) {
  const chunk = new Uint8Array(64 * 1024).fill(0x61)
  const write = async (length) => {
    const started = performance.now()
    let left = length
    const body = new ReadableStream({
      pull(controller) {
        if (left <= 0) return controller.close()
        left -= chunk.length
        controller.enqueue(chunk.slice())
      },
    })
    const response = await road('/upload', { method: 'POST', body })
    const received = (await response.json()).bytes
    if (received !== length) throw new Error(`${received} bytes arrived, not ${length}`)
    return performance.now() - started
  }
  await write(warmUp)
  return await repeat(blocks, () => write(bytes))
}

/** Measures again and again. */
async function repeat(blocks, measure) {
  const times = []
  for (let block = 0; block < blocks; block++) times.push(await measure())
  return times
}
