import type { Label, Memory, Program, Word } from './program.ts'
import { createEnd } from './report.ts'

/**
 * Waits for the end of a child, and buries others that end before it.
 *
 * @returns a report of its end
 */
export function awaitChild(program: Program, child: Word): Memory {
  const end = createEnd(program)
  const again: Label = {}
  program.mark(again)
  const way = { layer: 'start', subject: '', otherwise: again } as const
  const ended = program.ask(way, 'wait4', -1, end.from(1))
  program.expect(way, ended, child)
  return end
}
