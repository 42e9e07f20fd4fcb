import type { Label, Memory, Program, Word } from './program.ts'

/**
 * Waits for the end of a child, and buries others that end before it.
 *
 * @returns what wait4(2) has told of its end
 */
export function awaitChild(program: Program, child: Word): Memory {
  const status = program.reserve(8)
  const again: Label = {}
  program.mark(again)
  const way = { layer: 'start', subject: '', otherwise: again } as const
  const ended = program.ask(way, 'wait4', -1, status)
  program.expect(way, ended, child)
  return status
}
