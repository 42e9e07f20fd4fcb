/**
 * Measures `api.fetch` against the engine's own `fetch` in the same process, in turns. The benchmark hands it the token in its
 * arguments for the direct requests; that no extension gets it otherwise is what phylum is for.
 */
import { api } from 'phylum'

const { what, origin, key, ...sizes } = JSON.parse(Deno.args[0])

const roads = {
  direct: (path, init) =>
    fetch(`${origin}/api/v0${path}`, { ...init, headers: { authorization: `Bearer ${key}` } }),
  brokered: (path, init) => api.fetch(path, init),
}

const work = { requests, download, upload }[what]
console.log(JSON.stringify(await work(sizes)))

/**
 * Measures blocks of requests with so many in flight.
 * @returns milliseconds of each block, by road; the blocks of one index stand side by side
 */
async function requests({ inFlight, requests, blocks, warmUp }) {
  const block = async (road, count) => {
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
  for (const road of Object.values(roads)) await block(road, warmUp)
  return await inTurns(blocks, (road) => block(road, requests))
}

/** Measures how long it takes to read so many bytes. */
async function download({ bytes, blocks, warmUp }) {
  const read = async (road, length) => {
    const started = performance.now()
    const response = await road(`/download?bytes=${length}`)
    let received = 0
    for await (const chunk of response.body) received += chunk.length
    if (received !== length) throw new Error(`${received} bytes came, not ${length}`)
    return performance.now() - started
  }
  for (const road of Object.values(roads)) await read(road, warmUp)
  return await inTurns(blocks, (road) => read(road, bytes))
}

/** Measures how long it takes to send so many bytes, as a stream. */
async function upload({ bytes, blocks, warmUp }) {
  const chunk = new Uint8Array(64 * 1024).fill(0x61)
  const write = async (road, length) => {
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
  for (const road of Object.values(roads)) await write(road, warmUp)
  return await inTurns(blocks, (road) => write(road, bytes))
}

/** Measures both roads in turns, first one and then the other ahead. */
async function inTurns(blocks, measure) {
  const times = { direct: [], brokered: [] }
  for (let block = 0; block < blocks; block++) {
    const order = block % 2 === 0 ? ['direct', 'brokered'] : ['brokered', 'direct']
    for (const name of order) times[name].push(await measure(roads[name]))
  }
  return times
}
