import type { Machine } from '../system_calls.ts'
import { callNumber } from './calls.ts'
import type { Call } from './calls.ts'
import { MEMORY_ADDRESS, STEP_SIZE, STEPS_ADDRESS } from './machine_code.ts'
import type { Layer } from './task.ts'

/** Memory of the launcher; as an argument, its address. */
export class Memory {
  readonly address: number
  /** Where its address is to be found as a word, once it has been asked for. */
  pointer: number | undefined

  constructor(address: number) {
    this.address = address
  }

  /** One of the words in it. */
  word(index: number): Word {
    return new Word(this.address + index * WORD)
  }

  /** What of it begins with one of its words. */
  from(index: number): Memory {
    return new Memory(this.word(index).address)
  }
}

/** Eight bytes of memory; as an argument, what is in them when the call is made. */
export class Word {
  readonly address: number

  constructor(address: number) {
    this.address = address
  }
}

/** What a system call takes. */
export type Argument = number | Memory | Word

/** Where a list of calls goes on: a step that is not written yet, or one that is. */
export interface Label {
  step?: number
}

/** What becomes of a call. */
export interface Way {
  /** Which layer it belongs to, and what it is for; unless it goes on elsewhere, the launcher says so and ends when it fails. */
  layer: Layer
  subject: string
  /** Where its result goes; nowhere if absent. */
  into?: Word
  /** Where to go on when it fails. */
  otherwise?: Label
}

/** What is said of a step that has failed. */
interface Fault {
  layer: Layer
  /** What it was made for, and the call; an empty name stands for a comparison. */
  subject: string
  name: Call | ''
}

/** Bytes of a word, and of its half; halves of a step. */
const WORD = 8
const HALF = 4
const STEP_HALVES = STEP_SIZE / HALF

/** Arguments of a call; it gets all of them. */
const ARGUMENTS = 6

/** Number of a step that compares. */
const COMPARE = -1

/** A list of system calls, with the memory that they work on, as it is written down for `machine_code.ts`. */
export class Program {
  /** Where `machine_code.ts` leaves what has failed: the address of the step, and its result. */
  readonly failed: Memory
  readonly #machine: Machine
  readonly #constants = new Map<number, number>()
  readonly #texts = new Map<string, Memory>()
  readonly #labels: (Label | undefined)[] = []
  readonly #faults: Fault[] = []
  /** Words of results that nobody asks for. */
  readonly #unused: number
  /** A step without anything in it. */
  readonly #blank = new Int32Array(STEP_HALVES)
  /** Halves of words, the lower one first, as on the machines that are known here. */
  #memory = new Int32Array(8_192)
  #used = 0
  #steps = new Int32Array(512 * STEP_HALVES)

  constructor(machine: Machine) {
    this.#machine = machine
    this.failed = this.reserve(2 * WORD)
    this.#unused = this.reserve(WORD).address
    const zero = this.#constant(0)
    for (let each = 1; each <= ARGUMENTS; each++) this.#blank[2 * each] = zero
  }

  /** Memory with something in it. */
  memory(bytes: Uint8Array): Memory {
    const memory = this.reserve(bytes.length)
    new Uint8Array(this.#memory.buffer).set(bytes, memory.address - MEMORY_ADDRESS)
    return memory
  }

  /** Memory with words in it; a number may have up to 53 bits. */
  words(...values: (number | bigint | Memory)[]): Memory {
    const memory = this.reserve(values.length * WORD)
    let at = (memory.address - MEMORY_ADDRESS) / HALF
    for (const value of values) {
      if (typeof value === 'bigint') {
        this.#memory[at++] = Number(BigInt.asIntN(HALF * 8, value))
        this.#memory[at++] = Number(BigInt.asIntN(HALF * 8, value >> 32n))
      } else {
        const plain = value instanceof Memory ? value.address : value
        this.#memory[at++] = plain
        this.#memory[at++] = Math.floor(plain / 2 ** 32)
      }
    }
    return memory
  }

  /** A C string. */
  text(value: string): Memory {
    const known = this.#texts.get(value)
    if (known !== undefined) return known
    const memory = this.memory(Buffer.from(`${value}\0`))
    this.#texts.set(value, memory)
    return memory
  }

  /** Memory with zeros in it. */
  reserve(length: number): Memory {
    const address = MEMORY_ADDRESS + this.#used
    this.#used += Math.ceil(length / WORD) * WORD
    const halves = this.#used / HALF
    if (halves > this.#memory.length) this.#memory = enlarge(this.#memory, halves)
    return new Memory(address)
  }

  /** Makes a system call. */
  call({ layer, subject, into, otherwise }: Way, name: Call, ...args: Argument[]): void {
    const number = callNumber(this.#machine, name)
    this.#write(number, args, into?.address ?? this.#unused, otherwise, { layer, subject, name })
  }

  /** Makes a system call whose result is needed. @returns where that will be */
  ask(way: Way, name: Call, ...args: Argument[]): Word {
    const into = this.reserve(WORD).word(0)
    this.call({ ...way, into }, name, ...args)
    return into
  }

  /** Makes a system call that may fail, and whose result is of no use. */
  attempt(name: Call, ...args: Argument[]): void {
    const behind = { step: this.#faults.length + 1 }
    this.#write(callNumber(this.#machine, name), args, this.#unused, behind, NO_FAULT)
  }

  /** Goes on if a word holds a value. */
  expect({ layer, subject, otherwise }: Way, word: Word, value: number | Word): void {
    this.#write(COMPARE, [word, value], this.#unused, otherwise, { layer, subject, name: '' })
  }

  /** Goes on elsewhere. */
  jump(to: Label): void {
    this.#write(COMPARE, [0, 1], this.#unused, to, NO_FAULT)
  }

  /** Says that a label stands for the step that comes next. */
  mark(label: Label): void {
    label.step = this.#faults.length
  }

  /**
   * Writes it all down.
   *
   * @param failure where steps go on that say nothing else of it
   */
  finish(failure: Label): { steps: Uint8Array; memory: Uint8Array } {
    for (const [index, label] of this.#labels.entries()) {
      const { step } = label ?? failure
      if (step === undefined) throw new RangeError(`step ${index} leads nowhere`)
      this.#steps[index * STEP_HALVES + STEP_HALVES - 2] = STEPS_ADDRESS + step * STEP_SIZE
    }
    return {
      steps: new Uint8Array(this.#steps.buffer, 0, this.#faults.length * STEP_SIZE),
      memory: new Uint8Array(this.#memory.buffer, 0, this.#used),
    }
  }

  /** Says what the step at an address does, and for which layer. */
  describe(address: number): { layer: Layer; act: string } | undefined {
    const fault = this.#faults[(address - STEPS_ADDRESS) / STEP_SIZE]
    if (fault === undefined) return undefined
    const { layer, subject, name } = fault
    return { layer, act: [name, subject].filter(Boolean).join(' of ') }
  }

  #write(
    number: number,
    args: readonly Argument[],
    result: number,
    otherwise: Label | undefined,
    fault: Fault,
  ): void {
    let at = this.#faults.length * STEP_HALVES
    if (at + STEP_HALVES > this.#steps.length) this.#steps = enlarge(this.#steps, at + STEP_HALVES)
    const steps = this.#steps
    steps.set(this.#blank, at)
    steps[at] = number
    // All addresses are below 2^32, and the sign of the number is in its upper half.
    if (number < 0) steps[at + 1] = -1
    steps[at + 2 + 2 * ARGUMENTS] = result
    for (const argument of args) {
      at += 2
      steps[at] = this.#place(argument)
    }
    this.#labels.push(otherwise)
    this.#faults.push(fault)
  }

  /** Gives the address of the word that is an argument. */
  #place(argument: Argument): number {
    if (typeof argument === 'number') return this.#constant(argument)
    if (argument instanceof Word) return argument.address
    return argument.pointer ??= this.words(argument).address
  }

  #constant(value: number): number {
    const known = this.#constants.get(value)
    if (known !== undefined) return known
    const { address } = this.words(value)
    this.#constants.set(value, address)
    return address
  }
}

/** Of what fails for nothing. */
const NO_FAULT: Fault = { layer: 'start', subject: '', name: '' }

function enlarge(halves: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(least, 2 * halves.length))
  larger.set(halves)
  return larger
}
