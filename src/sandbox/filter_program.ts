/**
 * The few instructions of the kernel's packet filter language that a filter of system calls is made of (bpf(4), seccomp(2)).
 * Jumps lead to labels; how far that is, is counted when the program is written out.
 */
export type Instruction =
  /** Loads a word of the call: its number, the architecture, the lower half of an argument. */
  | { load: number }
  | { and: number }
  | { jump: 'equal' | 'atLeast' | 'anyBit'; value: number; then?: string; otherwise?: string }
  | { label: string }
  | { answer: number }

/** Offsets in `struct seccomp_data`. */
export const NUMBER = 0
export const ARCHITECTURE = 4

/**
 * Offset of the lower half of an argument, on machines whose lower half comes first. The kernel cuts the arguments that are looked at
 * here to 32 bits itself: with the upper half compared too, a caller could hide a forbidden value behind bits that mean nothing.
 */
export function argument(index: number): number {
  return 16 + 8 * index
}

/** Answers of a filter. */
export const ALLOW = 0x7fff0000

/** Answers with a failure, and the number of its error. */
export function fail(errno: number): number {
  return 0x00050000 | errno
}

const LOAD_WORD = 0x20
const AND = 0x54
const RETURN = 0x06
const JUMPS = { equal: 0x15, atLeast: 0x35, anyBit: 0x45 } as const

/** Longest jump: its distance is one byte. */
const MAX_JUMP = 255

/** Writes a program as the kernel reads it: `struct sock_filter`, eight bytes each. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const places = new Map<string, number>()
  const real: Exclude<Instruction, { label: string }>[] = []
  for (const each of program) {
    if ('label' in each) places.set(each.label, real.length)
    else real.push(each)
  }
  const bytes = new DataView(new ArrayBuffer(real.length * 8))
  for (const [at, each] of real.entries()) {
    const distance = (label: string | undefined) => {
      if (label === undefined) return 0
      const steps = (places.get(label) ?? -1) - at - 1
      // A jump that cannot be written must not become another one.
      if (steps < 0 || steps > MAX_JUMP) throw new RangeError(`no way to "${label}" from ${at}`)
      return steps
    }
    const write = (code: number, value: number, then = 0, otherwise = 0) => {
      bytes.setUint16(at * 8, code, true)
      bytes.setUint8(at * 8 + 2, then)
      bytes.setUint8(at * 8 + 3, otherwise)
      bytes.setUint32(at * 8 + 4, value, true)
    }
    if ('load' in each) write(LOAD_WORD, each.load)
    else if ('and' in each) write(AND, each.and)
    else if ('answer' in each) write(RETURN, each.answer)
    else write(JUMPS[each.jump], each.value, distance(each.then), distance(each.otherwise))
  }
  return new Uint8Array(bytes.buffer)
}
