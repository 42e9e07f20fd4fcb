import { must } from './fault.ts'
import type { System } from './system.ts'

const SECCOMP_SET_MODE_FILTER = 1

/** Bytes of one instruction (struct sock_filter). */
const INSTRUCTION = 8

/** Puts up a filter of system calls around the calling thread, and what it executes. */
export function restrictCalls(system: System, filter: string): void {
  const program = Uint8Array.from(atob(filter), (character) => character.charCodeAt(0))
  // struct sock_fprog: the number of instructions, padded to the pointer behind it.
  const memory = new BigUint64Array([
    BigInt(program.length / INSTRUCTION),
    system.address(program),
  ])
  must(system, 'seccomp', '', 'seccomp', SECCOMP_SET_MODE_FILTER, 0, new Uint8Array(memory.buffer))
}
