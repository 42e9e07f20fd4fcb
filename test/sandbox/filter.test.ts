import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { createFilter } from '../../src/sandbox/filter.ts'
import { ALLOW, assemble, fail } from '../../src/sandbox/filter_program.ts'
import { ARCHITECTURES, numberOf, refusedCalls } from '../../src/sandbox/system_calls.ts'
import type { LookedAt, Machine } from '../../src/sandbox/system_calls.ts'

const { EPERM, ENOSYS } = constants.errno
const MACHINES = ['x64', 'arm64'] as const

/** Runs a filter as the kernel does (seccomp(2)): an accumulator, forward jumps, an answer. */
function answer(
  filter: Uint8Array,
  call: { architecture: number; number: number; args?: readonly (number | bigint)[] },
): number {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, call.number, true)
  data.setUint32(4, call.architecture, true)
  for (const [index, value] of (call.args ?? []).entries()) {
    data.setBigUint64(16 + 8 * index, BigInt.asUintN(64, BigInt(value)), true)
  }
  const code = new DataView(filter.buffer, filter.byteOffset, filter.byteLength)
  let accumulator = 0
  for (let at = 0; at < filter.length / 8; at++) {
    const operation = code.getUint16(at * 8, true)
    const value = code.getUint32(at * 8 + 4, true)
    const jump = (isTaken: boolean) => at += code.getUint8(at * 8 + (isTaken ? 2 : 3))
    if (operation === 0x20) accumulator = data.getUint32(value, true)
    else if (operation === 0x54) accumulator = (accumulator & value) >>> 0
    else if (operation === 0x15) jump(accumulator === value)
    else if (operation === 0x35) jump(accumulator >= value)
    else if (operation === 0x45) jump((accumulator & value) !== 0)
    else if (operation === 0x06) return value
    else throw new Error(`no such instruction: ${operation}`)
  }
  throw new Error('the program has no end')
}

function ask(machine: Machine, hasNetwork: boolean) {
  const filter = createFilter({ machine, hasNetwork })
  const architecture = ARCHITECTURES[machine]
  return {
    filter,
    number: (number: number, ...args: (number | bigint)[]) =>
      answer(filter, { architecture, number, args }),
    call(name: LookedAt, ...args: (number | bigint)[]) {
      const number = numberOf(machine, name)
      return number === undefined ? undefined : answer(filter, { architecture, number, args })
    },
  }
}

for (const machine of MACHINES) {
  test(`E72 createFilter() refuses what nobody needs on ${machine}, and lets the rest through`, () => {
    for (const hasNetwork of [false, true]) {
      const { number } = ask(machine, hasNetwork)
      const refused = refusedCalls(machine)
      assert.ok(refused.size > 50)
      for (const [name, each] of refused) assert.equal(number(each), fail(EPERM), name)
      const looked = new Set(
        (['socket', 'clone', 'clone3', 'ioctl', 'openat', 'openat2', 'sendto'] as const)
          .map((name) => numberOf(machine, name)),
      )
      for (let each = 0; each < 470; each++) {
        if ([...refused.values()].includes(each) || looked.has(each)) continue
        assert.equal(number(each), ALLOW, String(each))
      }
    }
  })

  test(`createFilter() refuses every call of another architecture than ${machine}`, () => {
    const { filter } = ask(machine, true)
    // i386, ARM, x86_64, aarch64, and none.
    for (const architecture of [0x40000003, 0x40000028, 0xc000003e, 0xc00000b7, 0]) {
      if (architecture === ARCHITECTURES[machine]) continue
      for (const number of [0, 1, 20, 39, 102]) {
        assert.equal(answer(filter, { architecture, number }), fail(EPERM))
      }
    }
  })

  test(`G88 createFilter() lets sockets be made on ${machine} as the plan says`, () => {
    const [closed, open] = [ask(machine, false), ask(machine, true)]
    const flags = 0o2004000
    for (const type of [1, 2, 5]) assert.equal(closed.call('socket', 1, type | flags, 0), ALLOW)
    for (let family = 0; family < 48; family++) {
      if (family === 1) continue
      assert.equal(closed.call('socket', family, 1, 0), fail(EPERM), String(family))
      const isIp = family === 2 || family === 10
      assert.equal(open.call('socket', family, 1 | flags, 0), isIp ? ALLOW : fail(EPERM))
    }
    for (const [type, protocol] of [[1, 0], [1, 6], [2, 0], [2, 17]]) {
      assert.equal(open.call('socket', 2, type!, protocol!), ALLOW)
    }
    // MPTCP, SCTP, raw, ICMP; and IP behind bits that the kernel drops.
    for (const [type, protocol] of [[1, 262], [1, 132], [5, 132], [3, 6], [3, 255], [2, 1]]) {
      assert.equal(open.call('socket', 2, type!, protocol!), fail(EPERM), `${type} ${protocol}`)
    }
    assert.equal(closed.call('socket', (1n << 32n) | 2n, 1, 0), fail(EPERM))
    assert.equal(closed.call('socket', (1n << 32n) | 1n, 1, 0), ALLOW)
    const fastOpen = 0x20000000
    assert.equal(open.call('sendto', 3, 0, 0, fastOpen), fail(EPERM))
    assert.equal(open.call('sendto', 3, 0, 0, 0x4000), ALLOW)
    assert.equal(open.call('sendmsg', 3, 0, fastOpen), fail(EPERM))
    assert.equal(open.call('sendmmsg', 3, 0, 1, fastOpen), fail(EPERM))
  })

  test(`E71 E72 D60 createFilter() looks at arguments on ${machine}`, () => {
    const { call } = ask(machine, false)
    assert.equal(call('clone', 0x3d0f00), ALLOW, 'a thread')
    assert.equal(call('clone', 0x1200011), ALLOW, 'a fork')
    for (const bit of [17, 25, 26, 27, 28, 29, 30]) {
      assert.equal(call('clone', (1n << BigInt(bit)) | 17n), fail(EPERM), String(bit))
    }
    assert.equal(call('clone3', 0), fail(ENOSYS))
    for (const request of [0x5412, 0x541c, 0x5423, 0x540a, 0x540c, 0x5414, 0x100005412]) {
      assert.equal(call('ioctl', 0, request), fail(EPERM))
    }
    for (const request of [0x5401, 0x5402, 0x5413, 0x5421]) {
      assert.equal(call('ioctl', 0, request), ALLOW)
    }
    assert.equal(call('fchmodat', -100, 0, 0o4755), fail(EPERM))
    assert.equal(call('fchmodat', -100, 0, 0o1777), ALLOW)
    assert.equal(call('openat', -100, 0, 0o101, 0o2755), fail(EPERM))
    assert.equal(call('openat', -100, 0, 0o20200002, 0o4600), fail(EPERM), 'a file without a name')
    assert.equal(call('openat', -100, 0, 0, 0o7777), ALLOW, 'a mode means nothing here')
    assert.equal(call('openat2', -100), fail(ENOSYS))
    assert.equal(call('chmod', 0, 0o4755), machine === 'x64' ? fail(EPERM) : undefined)
  })
}

test('createFilter() refuses x32, the second door to the same calls', () => {
  const { number } = ask('x64', true)
  for (const each of [0, 39, 0x1ff]) assert.equal(number(0x40000000 + each), fail(EPERM))
})

test('assemble() writes no jump that it cannot write', () => {
  assert.throws(() => assemble([{ jump: 'equal', value: 0, then: 'nowhere' }, { answer: ALLOW }]))
  const far = Array.from({ length: 300 }, () => ({ load: 0 }))
  assert.throws(() =>
    assemble([{ jump: 'equal', value: 0, then: 'far' }, ...far, { label: 'far' }, {
      answer: ALLOW,
    }])
  )
})
