import { ANSWER_PIPE, BROKER_ORIGIN, CALL_PATH, CALL_PIPE, CAPABILITY_HEADER } from '#protocol'
import type { Call, CallAnswer, RunDescription } from '#protocol'
import type { Transport } from './api.ts'
import { ApiError } from './api_error.ts'
import type { Engine } from './engine.ts'
import { createTurns } from './turns.ts'

/** How the guest asks its host for something else than a request to the API. Both throw what the host answers as an error. */
export interface Calls {
  /** Asks, and lets nothing else happen until the answer is there. */
  now(call: string, parameters?: unknown): unknown
  /** Asks without waiting; what is under way is given up with the signal. */
  later(call: string, parameters?: unknown, signal?: AbortSignal): Promise<unknown>
}

/** How long the host may take to make the pipes, which it does while the guest starts, in milliseconds. */
const PATIENCE = 5_000

/** How many questions that nobody waits for are under way at once; behind each may be a process. */
const MAX_CALLS = 16

/** Codes of what the manifest does not grant; their messages are in the words of the engine. */
const REFUSED = 'ERR_HOST_REFUSED'

/** Makes the guest's questions; the pipes for those that wait are opened by the first of them. */
export function createCalls(
  run: RunDescription,
  scratch: string,
  transport: Transport,
  engine: Engine,
): Calls {
  const encoder = new TextEncoder()
  const takeTurn = createTurns(MAX_CALLS)
  let ask: ((question: string) => string) | undefined

  function open(): (question: string) => string {
    // In this order: it is the last that the host makes.
    const read = openPipe(`${scratch}/${ANSWER_PIPE}`, 'read')
    const write = openPipe(`${scratch}/${CALL_PIPE}`, 'write')
    const memory = new Uint8Array(65536)
    return (question) => {
      for (let left = encoder.encode(question); left.length > 0;) {
        left = left.subarray(move(write, left))
      }
      const decoder = new TextDecoder()
      for (let answer = '';;) {
        const length = move(read, memory)
        if (length === 0) throw new ApiError('ERR_HOST_CALL', 'Cannot ask the host: it has gone')
        answer += decoder.decode(memory.subarray(0, length), { stream: true })
        if (answer.endsWith('\n')) return answer
      }
    }
  }

  /**
   * Opens a pipe, and removes it: nobody who comes later is to ask in our name, or to take our answers. In tests it stays: under Deno
   * each file of them is a world of its own, one after the other, and opens it anew.
   */
  function openPipe(path: string, direction: 'read' | 'write') {
    for (let waited = 0;; waited++) {
      try {
        const pipe = engine.openPipe(path, direction)
        if (run.entryPoint !== null) engine.remove(path)
        return pipe
      } catch (error) {
        if (codeOf(error) !== 'ENOENT' || waited === PATIENCE) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      }
    }
  }

  function unwrap(answer: CallAnswer, caller: Error): unknown {
    if (!('error' in answer)) return answer.result
    const { code, message } = answer.error
    throw code === REFUSED ? engine.refuse(message, caller) : new ApiError(code, message)
  }

  return {
    now(call, parameters) {
      const caller = new Error()
      const question: Call = { call, parameters, capability: run.capability }
      return unwrap(JSON.parse((ask ??= open())(`${JSON.stringify(question)}\n`)), caller)
    },
    async later(call, parameters, signal) {
      const caller = new Error()
      const question: Call = { call, parameters }
      const init = {
        method: 'POST',
        headers: { [CAPABILITY_HEADER]: run.capability },
        body: JSON.stringify(question),
        ...(signal === undefined ? {} : { signal }),
      }
      return await takeTurn(async () => {
        const response = await transport(BROKER_ORIGIN + CALL_PATH, init)
        return unwrap(await response.json(), caller)
      }, signal)
    },
  }
}

/** Moves bytes, and begins again where a signal came in between. */
function move(pipe: (bytes: Uint8Array) => number, bytes: Uint8Array): number {
  for (;;) {
    try {
      return pipe(bytes)
    } catch (error) {
      if (codeOf(error) !== 'EINTR') throw error
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
