import { display, PhylumError } from '#base'
import { constants } from 'node:os'
import type { Failure, Layer } from './launcher/task.ts'

/** What each layer is, in words. */
const NAMES: Readonly<Record<Layer, string>> = {
  namespaces: 'namespaces',
  files: 'its own view of the file system',
  limits: 'resource limits',
  landlock: 'Landlock',
  seccomp: 'the filter of system calls',
  start: 'the engine itself',
}

/** Says why a guest was not started: which layer is missing, and what the system answered. */
export function explainFailure({ layer, act, errno }: Failure): PhylumError {
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0]
  const reason = errno === 0 ? display(act) : `${display(act)}: ${name ?? `error ${errno}`}`
  return new PhylumError(
    'ERR_SANDBOX_START',
    layer === 'start'
      ? `Cannot start the engine behind the wall: ${reason}`
      : `Cannot put up the wall: ${NAMES[layer]} failed (${reason})`,
    {
      hints: [
        '`phylum sandbox --check` shows what this machine can enforce',
        ...(layer === 'start' ? [] : ['--no-wall runs it without, held by the engine alone']),
      ],
    },
  )
}
