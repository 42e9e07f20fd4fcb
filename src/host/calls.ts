import { PhylumError } from '#base'
import type { Log } from '#base'
import { assertCapability, wireError } from '#broker'
import { MAX_CALL } from '#protocol'
import { answerCall, parseCall } from './answer_call.ts'
import type { CallFunctions } from './answer_call.ts'
import { openCallPipes } from './call_pipes.ts'
import type { CallPipes } from './call_pipes.ts'
import { createLineReader } from './line_reader.ts'

/** What a guest's questions need to be answered. */
export interface CallOptions {
  functions: CallFunctions
  /** What each question must show. */
  capability: string
  log: Log
}

/** Answers the questions of one run. */
export interface Calls {
  /** Answers one that has come by the broker, which knows whose it is. */
  answer(question: string, signal: AbortSignal): Promise<string>
  /** Begins to answer those that come by pipes, in a directory that host and guest share; once. */
  listen(directory: string): Promise<void>
  /** Gives up what is under way, and waits for its end. */
  close(): Promise<void>
}

function tooLong(): PhylumError {
  return new PhylumError(
    'ERR_HOST_CALL',
    `Cannot answer the call: it is longer than ${MAX_CALL} bytes`,
  )
}

/** Makes the answering of a run's questions. */
export function createCalls({ functions, capability, log }: CallOptions): Calls {
  const ending = new AbortController()
  const running = new Set<Promise<unknown>>()
  let pipes: CallPipes | undefined

  async function answer(question: string, signal: AbortSignal): Promise<string> {
    const ended = AbortSignal.any([signal, ending.signal])
    const work = answerCall(question, functions, ended)
    running.add(work)
    try {
      return JSON.stringify(await work)
    } finally {
      running.delete(work)
    }
  }

  /** Answers a line, which may be anybody's who has got into the directory: a program of the extension's, say. */
  async function answerLine(line: string | undefined): Promise<string> {
    try {
      if (line === undefined) throw tooLong()
      const { capability: shown } = parseCall(line)
      assertCapability(shown, capability)
    } catch (error) {
      return JSON.stringify(wireError(error))
    }
    return await answer(line, ending.signal)
  }

  async function serve({ read, write }: CallPipes): Promise<void> {
    const readLines = createLineReader(MAX_CALL)
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
      // One after the other: a guest waits for its answer, and who does not wait is held up by that.
      for (const line of readLines(chunk)) await write(`${await answerLine(line)}\n`)
    }
  }

  return {
    answer,
    async listen(directory) {
      try {
        pipes = await openCallPipes(directory)
        void serve(pipes).catch((error) => log.debug(`No more calls: ${error.message}`))
      } catch (error) {
        log.debug(`The guest cannot ask and wait: ${(error as Error).message}`)
      }
    },
    async close() {
      ending.abort()
      pipes?.close()
      await Promise.allSettled(running)
    },
  }
}
