import type { Machine } from '../system_calls.ts'
import { machineCode, MEMORY_ADDRESS, STEPS_ADDRESS } from './machine_code.ts'

/** A part of a file, and where in it. */
export interface Piece {
  position: number
  bytes: Uint8Array
}

/** Where the file begins in memory. */
const BASE_ADDRESS = 0x400000

/** Largest page that a kernel of these machines has: parts with rights of their own begin on one. */
const PAGE = 0x10000

// elf(5)
const HEADER_SIZE = 64
const ENTRY_SIZE = 56
const PT_LOAD = 1
const PT_GNU_STACK = 0x6474e551
const PF_X = 1
const PF_W = 2
const PF_R = 4
const MACHINES = { x64: 62, arm64: 183 } as const satisfies Record<Machine, number>

/**
 * Writes an executable of the code for a machine, a list of steps for it, and their memory: the first two can be read and executed, the
 * last can be changed. There are holes between them.
 */
export function writeExecutable(
  machine: Machine,
  { steps, memory }: { steps: Uint8Array; memory: Uint8Array },
): Piece[] {
  const code = machineCode(machine)
  const list = STEPS_ADDRESS - BASE_ADDRESS
  const length = list + steps.length
  const memoryPosition = Math.ceil(length / PAGE) * PAGE
  const segments = [
    [PT_LOAD, PF_R | PF_X, 0, BASE_ADDRESS, length],
    [PT_LOAD, PF_R | PF_W, memoryPosition, MEMORY_ADDRESS, memory.length],
    // It has no use for a stack, and none that could be executed.
    [PT_GNU_STACK, PF_R | PF_W, 0, 0, 0],
  ] as const
  const start = HEADER_SIZE + segments.length * ENTRY_SIZE
  const head = Buffer.alloc(list)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  const EXECUTABLE = 2
  head.writeUInt16LE(EXECUTABLE, 16)
  head.writeUInt16LE(MACHINES[machine], 18)
  head.writeUInt32LE(1, 20)
  head.writeUInt32LE(BASE_ADDRESS + start, 24)
  head.writeUInt32LE(HEADER_SIZE, 32)
  head.writeUInt16LE(HEADER_SIZE, 52)
  head.writeUInt16LE(ENTRY_SIZE, 54)
  head.writeUInt16LE(segments.length, 56)
  for (const [index, [type, rights, position, address, size]] of segments.entries()) {
    const at = HEADER_SIZE + index * ENTRY_SIZE
    head.writeUInt32LE(type, at)
    head.writeUInt32LE(rights, at + 4)
    head.writeUInt32LE(position, at + 8)
    head.writeUInt32LE(address, at + 16)
    head.writeUInt32LE(address, at + 24)
    head.writeUInt32LE(size, at + 32)
    head.writeUInt32LE(size, at + 40)
    head.writeUInt32LE(PAGE, at + 48)
  }
  head.set(code, start)
  return [
    { position: 0, bytes: head },
    { position: list, bytes: steps },
    { position: memoryPosition, bytes: memory },
  ]
}
