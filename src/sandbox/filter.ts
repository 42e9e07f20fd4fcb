import { ALLOW, ARCHITECTURE, argument, assemble, fail, NUMBER } from './filter_program.ts'
import type { Instruction } from './filter_program.ts'
import { ARCHITECTURES, numberOf, refusedCalls } from './system_calls.ts'
import type { LookedAt, Machine } from './system_calls.ts'

const EPERM = 1
const ENOSYS = 38

/** Numbers from here on belong to x32, a second way to call the same kernel that a list of numbers would miss. */
const X32 = 0x40000000

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const SOCK_TYPE_MASK = 0xf
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17

/** `CLONE_NEWNS`, `…CGROUP`, `…UTS`, `…IPC`, `…USER`, `…PID`, `…NET` (clone(2)). */
const NEW_NAMESPACES = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 |
  0x40000000

/**
 * Types a character into the terminal as if the user had; pastes a selection; changes what a terminal line does; and what outlives the
 * run: stops the terminal until a program starts it again, keeps others from opening it, gives it another size.
 */
const REFUSED_REQUESTS = {
  TIOCSTI: 0x5412,
  TIOCLINUX: 0x541c,
  TIOCSETD: 0x5423,
  TCXONC: 0x540a,
  TIOCEXCL: 0x540c,
  TIOCSWINSZ: 0x5414,
}

/** Makes a file that runs with its owner's rights, whoever starts it (`S_ISUID`, `S_ISGID`). */
const SET_ID = 0o6000

/** Opens that make a file; only they have a mode (`O_CREAT`, and the part of `O_TMPFILE` that is its own). */
const MAKING = 0o100 | 0o20000000

/** Connects with the first packet, past the check that connect(2) would meet. */
const MSG_FASTOPEN = 0x20000000

/** What a filter depends on. */
export interface FilterOptions {
  machine: Machine
  /** Whether sockets to other machines may be made: TCP and UDP over IP, and no other kind. */
  hasNetwork: boolean
}

/**
 * Makes the filter of system calls. What it refuses fails with EPERM and ends nothing: engines and libraries try much in passing. A
 * call of another architecture than the machine's own has other numbers, so all of those are refused.
 */
export function createFilter({ machine, hasNetwork }: FilterOptions): Uint8Array {
  const refused = [...refusedCalls(machine).values()].sort((left, right) => left - right)
  return assemble([
    { load: ARCHITECTURE },
    { jump: 'equal', value: ARCHITECTURES[machine], otherwise: 'refuse early' },
    { load: NUMBER },
    ...(machine === 'x64' ? [{ jump: 'atLeast', value: X32, then: 'refuse early' } as const] : []),
    ...refused.map((value) => ({ jump: 'equal', value, then: 'refuse early' } as const)),
    { jump: 'atLeast', value: 0, then: 'look' },
    { label: 'refuse early' },
    { answer: fail(EPERM) },
    { label: 'look' },
    ...lookAt(machine, 'socket', hasNetwork ? anySocket() : unixSocket()),
    ...(hasNetwork ? fastOpen(machine) : []),
    ...lookAt(machine, 'clone', refuseBits(0, NEW_NAMESPACES)),
    // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
    ...lookAt(machine, 'clone3', [{ answer: fail(ENOSYS) }]),
    ...lookAt(machine, 'ioctl', [
      { load: argument(1) },
      ...Object.values(REFUSED_REQUESTS).map((value) =>
        ({ jump: 'equal', value, then: 'refuse' }) as const
      ),
      { answer: ALLOW },
      { label: 'refuse' },
      { answer: fail(EPERM) },
    ]),
    ...setId(machine),
    { answer: ALLOW },
  ])
}

/** A piece that is run for one call only. Its labels are its own. */
function lookAt(machine: Machine, call: LookedAt, piece: readonly Instruction[]): Instruction[] {
  const number = numberOf(machine, call)
  if (number === undefined) return []
  const own = (label: string) => `${call}: ${label}`
  const rename = (each: Instruction): Instruction => {
    if ('label' in each) return { label: own(each.label) }
    if (!('jump' in each)) return each
    return {
      ...each,
      ...(each.then === undefined ? {} : { then: own(each.then) }),
      ...(each.otherwise === undefined ? {} : { otherwise: own(each.otherwise) }),
    }
  }
  return [
    { jump: 'equal', value: number, otherwise: own('next') },
    ...piece.map(rename),
    { label: own('next') },
  ]
}

function unixSocket(): Instruction[] {
  return [
    { load: argument(0) },
    { jump: 'equal', value: AF_UNIX, then: 'allow' },
    { answer: fail(EPERM) },
    { label: 'allow' },
    { answer: ALLOW },
  ]
}

/** Besides AF_UNIX: TCP and UDP. MPTCP and SCTP connect where Landlock looks for TCP alone; raw sockets forge. */
function anySocket(): Instruction[] {
  return [
    { load: argument(0) },
    { jump: 'equal', value: AF_UNIX, then: 'allow' },
    { jump: 'equal', value: AF_INET, then: 'type' },
    { jump: 'equal', value: AF_INET6, then: 'type', otherwise: 'refuse' },
    { label: 'type' },
    { load: argument(1) },
    { and: SOCK_TYPE_MASK },
    { jump: 'equal', value: SOCK_STREAM, then: 'protocol' },
    { jump: 'equal', value: SOCK_DGRAM, otherwise: 'refuse' },
    { label: 'protocol' },
    { load: argument(2) },
    { jump: 'equal', value: 0, then: 'allow' },
    { jump: 'equal', value: IPPROTO_TCP, then: 'allow' },
    { jump: 'equal', value: IPPROTO_UDP, then: 'allow' },
    { label: 'refuse' },
    { answer: fail(EPERM) },
    { label: 'allow' },
    { answer: ALLOW },
  ]
}

function fastOpen(machine: Machine): Instruction[] {
  return [
    ...lookAt(machine, 'sendto', refuseBits(3, MSG_FASTOPEN)),
    ...lookAt(machine, 'sendmsg', refuseBits(2, MSG_FASTOPEN)),
    ...lookAt(machine, 'sendmmsg', refuseBits(3, MSG_FASTOPEN)),
  ]
}

/** Calls by which a file gets a mode. */
function setId(machine: Machine): Instruction[] {
  const modes: readonly (readonly [LookedAt, number])[] = [
    ['chmod', 1],
    ['fchmod', 1],
    ['fchmodat', 2],
    ['fchmodat2', 2],
    ['creat', 1],
    ['mkdir', 1],
    ['mkdirat', 2],
    ['mknod', 1],
    ['mknodat', 2],
  ]
  return [
    ...modes.flatMap(([call, index]) => lookAt(machine, call, refuseBits(index, SET_ID))),
    ...lookAt(machine, 'open', refuseMaking(1)),
    ...lookAt(machine, 'openat', refuseMaking(2)),
    // Its flags lie in memory; whoever uses it knows how to do without.
    ...lookAt(machine, 'openat2', [{ answer: fail(ENOSYS) }]),
  ]
}

function refuseBits(index: number, bits: number): Instruction[] {
  return [
    { load: argument(index) },
    { jump: 'anyBit', value: bits, then: 'refuse' },
    { answer: ALLOW },
    { label: 'refuse' },
    { answer: fail(EPERM) },
  ]
}

/** The mode of an open means nothing unless it makes a file, and then may be whatever lies on the stack. */
function refuseMaking(flags: number): Instruction[] {
  return [
    { load: argument(flags) },
    { jump: 'anyBit', value: MAKING, then: 'mode' },
    { answer: ALLOW },
    { label: 'mode' },
    { load: argument(flags + 1) },
    { jump: 'anyBit', value: SET_ID, then: 'refuse' },
    { answer: ALLOW },
    { label: 'refuse' },
    { answer: fail(EPERM) },
  ]
}
