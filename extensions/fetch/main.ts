/** Shows what an extension can do with a stream, its arguments and its own state. */
import { createHash } from 'node:crypto'
import type { Invocation } from 'phylum'

const HELP = `Usage: phylum ext run fetch [--quiet] [--if-changed] PATH

Prints what the API answers to GET PATH, such as /groups, while it arrives.

  --if-changed  print nothing when the answer is that of the last time
  --quiet       say nothing on stderr`

/** What is remembered of each path: a digest of the last answer, and how long it was. */
type Memory = Record<string, { digest: string; bytes: number }>

export default async function main({ api, args, state }: Invocation): Promise<void> {
  const path = args.find((word) => !word.startsWith('-'))
  if (args.includes('--help') || path === undefined) {
    console.log(HELP)
    if (path === undefined && !args.includes('--help')) Deno.exit(2)
    return
  }
  const response = await api.fetch(path)
  const isKept = args.includes('--if-changed')
  const chunks: Uint8Array[] = []
  let bytes = 0
  const hash = createHash('sha256')
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    hash.update(chunk)
    if (isKept) chunks.push(chunk)
    else await write(chunk)
  }
  const digest = hash.digest('hex')
  const memory = readMemory(state)
  const last = memory[path]
  const isChanged = last?.digest !== digest
  if (isKept && isChanged) await write(join(chunks, bytes))
  if (response.ok && state !== null) {
    memory[path] = { digest, bytes }
    Deno.writeTextFileSync(`${state}/memory.json`, JSON.stringify(memory))
  }
  if (!args.includes('--quiet')) {
    const news = last === undefined
      ? 'first time'
      : isChanged
      ? `changed, was ${last.bytes} bytes`
      : 'unchanged'
    console.error(`${response.status} ${path}: ${bytes} bytes, ${news}`)
  }
  if (!response.ok) Deno.exit(1)
}

async function write(chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at))
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function readMemory(state: string | null): Memory {
  try {
    return JSON.parse(Deno.readTextFileSync(`${state}/memory.json`))
  } catch {
    return {}
  }
}
