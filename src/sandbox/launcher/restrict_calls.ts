import type { Program } from './program.ts'

const SECCOMP_SET_MODE_FILTER = 1

/** Bytes of one instruction (struct sock_filter). */
const INSTRUCTION = 8

/** Puts up a filter of system calls around the process, and what it executes. */
export function restrictCalls(program: Program, filter: Uint8Array): void {
  // struct sock_fprog: the number of instructions, padded to the pointer behind it.
  const list = program.words(filter.length / INSTRUCTION, program.memory(filter))
  program.call({ layer: 'seccomp', subject: '' }, 'seccomp', SECCOMP_SET_MODE_FILTER, 0, list)
}
