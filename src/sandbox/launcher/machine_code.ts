import type { Machine } from '../system_calls.ts'

/**
 * The launcher is a list of system calls, and this is what goes through it: all the code that runs between the namespaces and the
 * engine, written down once for each machine. A test has an assembler read the text again and compares the bytes.
 *
 * A step of the list is nine words:
 *
 *   0    number of the system call; negative to compare the first two arguments, and fail where they differ
 *   1-6  addresses of the words that are its arguments
 *   7    address of the word that takes its result
 *   8    address of the step that comes next when it fails; when it does not, that is the one behind it
 *
 * Of a step that fails, its address and its result are left in the first two words of the memory. Nothing ends the list: the calls do.
 */
type Code = readonly (readonly [hex: string, text: string])[]

/** Where the list begins, and the memory; the code has both in it. */
export const STEPS_ADDRESS = 0x400200
export const MEMORY_ADDRESS = 0x10000000

/** Bytes of a step. */
export const STEP_SIZE = 72

const X64: Code = [
  ['bb 00 02 40 00', '  mov ebx, 0x400200'],
  ['', 'next:'],
  ['48 8b 43 08', '  mov rax, [rbx + 8]'],
  ['48 8b 38', '  mov rdi, [rax]'],
  ['48 8b 43 10', '  mov rax, [rbx + 16]'],
  ['48 8b 30', '  mov rsi, [rax]'],
  ['48 8b 43 18', '  mov rax, [rbx + 24]'],
  ['48 8b 10', '  mov rdx, [rax]'],
  ['48 8b 43 20', '  mov rax, [rbx + 32]'],
  ['4c 8b 10', '  mov r10, [rax]'],
  ['48 8b 43 28', '  mov rax, [rbx + 40]'],
  ['4c 8b 00', '  mov r8, [rax]'],
  ['48 8b 43 30', '  mov rax, [rbx + 48]'],
  ['4c 8b 08', '  mov r9, [rax]'],
  ['48 8b 03', '  mov rax, [rbx]'],
  ['48 85 c0', '  test rax, rax'],
  ['78 17', '  js compare'],
  ['0f 05', '  syscall'],
  ['48 8b 4b 38', '  mov rcx, [rbx + 56]'],
  ['48 89 01', '  mov [rcx], rax'],
  // The kernel's errors are the numbers from -4095 on.
  ['48 3d 01 f0 ff ff', '  cmp rax, -4095'],
  ['73 0d', '  jae failed'],
  ['', 'behind:'],
  ['48 83 c3 48', '  add rbx, 72'],
  ['eb b7', '  jmp next'],
  ['', 'compare:'],
  ['48 39 f7', '  cmp rdi, rsi'],
  ['74 f5', '  je behind'],
  ['31 c0', '  xor eax, eax'],
  ['', 'failed:'],
  ['48 89 1c 25 00 00 00 10', '  mov [0x10000000], rbx'],
  ['48 89 04 25 08 00 00 10', '  mov [0x10000008], rax'],
  ['48 8b 5b 40', '  mov rbx, [rbx + 64]'],
  ['eb 9a', '  jmp next'],
]

const ARM64: Code = [
  ['13 40 80 d2', '  mov x19, #0x200'],
  ['13 08 a0 f2', '  movk x19, #0x40, lsl #16'],
  ['14 00 a2 d2', '  mov x20, #0x10000000'],
  ['', 'next:'],
  ['69 06 40 f9', '  ldr x9, [x19, #8]'],
  ['20 01 40 f9', '  ldr x0, [x9]'],
  ['69 0a 40 f9', '  ldr x9, [x19, #16]'],
  ['21 01 40 f9', '  ldr x1, [x9]'],
  ['69 0e 40 f9', '  ldr x9, [x19, #24]'],
  ['22 01 40 f9', '  ldr x2, [x9]'],
  ['69 12 40 f9', '  ldr x9, [x19, #32]'],
  ['23 01 40 f9', '  ldr x3, [x9]'],
  ['69 16 40 f9', '  ldr x9, [x19, #40]'],
  ['24 01 40 f9', '  ldr x4, [x9]'],
  ['69 1a 40 f9', '  ldr x9, [x19, #48]'],
  ['25 01 40 f9', '  ldr x5, [x9]'],
  ['68 02 40 f9', '  ldr x8, [x19]'],
  ['08 01 f8 b7', '  tbnz x8, #63, compare'],
  ['01 00 00 d4', '  svc #0'],
  ['69 1e 40 f9', '  ldr x9, [x19, #56]'],
  ['20 01 00 f9', '  str x0, [x9]'],
  ['1f fc 3f b1', '  cmn x0, #4095'],
  ['c2 00 00 54', '  b.hs failed'],
  ['', 'behind:'],
  ['73 22 01 91', '  add x19, x19, #72'],
  ['ec ff ff 17', '  b next'],
  ['', 'compare:'],
  ['1f 00 01 eb', '  cmp x0, x1'],
  ['a0 ff ff 54', '  b.eq behind'],
  ['00 00 80 d2', '  mov x0, #0'],
  ['', 'failed:'],
  ['93 02 00 a9', '  stp x19, x0, [x20]'],
  ['73 22 40 f9', '  ldr x19, [x19, #64]'],
  ['e6 ff ff 17', '  b next'],
]

const CODE = { x64: X64, arm64: ARM64 } as const satisfies Record<Machine, Code>

/** The code of a machine. */
export function machineCode(machine: Machine): Uint8Array {
  const hex = CODE[machine].map(([bytes]) => bytes).join('').replaceAll(' ', '')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

/** The text of a machine's code, as an assembler reads it. */
export function assembly(machine: Machine): string {
  const syntax = machine === 'x64' ? ['.intel_syntax noprefix'] : []
  return [...syntax, ...CODE[machine].map(([, text]) => text), ''].join('\n')
}
