/**
 * System calls that a program behind the wall has no business with, one table: what each answers with no wall, and with each
 * layer alone. The program runs under Bun, which asks nobody before it makes a system call.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { constants } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import type { Layers } from '#sandbox'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { openKernel } from '../../src/sandbox/kernel.ts'
import { versionOfLandlock } from '../../src/sandbox/launcher_file.ts'
import { MAKERS, NO_LAYERS, tryWallAs } from '../harness/wall.ts'

const { EACCES, ECONNREFUSED, ENETUNREACH, ENOENT, ENOSYS, EPERM, ESRCH } = constants.errno

interface Row {
  name: string
  /** An expression whose value is the result; negative is the number of an error. */
  code: string
  /** Whether it gets through where there is no wall; an error that only says that the arguments are silly counts as through. */
  through?: boolean
  /** What it answers with the filter of system calls alone. */
  seccomp?: number
  landlock?: number
  /** First version of Landlock that does; the first of all if absent. */
  since?: number
  namespaces?: number | readonly number[]
}

/** Calls that the filter refuses whatever the arguments; here they are such that nothing happens where they are let through. */
const refused = (name: string, x64: number, arm64: number, args = ''): Row => ({
  name,
  code: `call([${x64}, ${arm64}]${args === '' ? '' : `, ${args}`})`,
  seccomp: EPERM,
})

const EVERY_ROW: readonly Row[] = [
  refused('E69 ptrace', 101, 117, '16, 0, 0, 0'),
  refused('E69 process_vm_readv', 310, 270, 'process.pid, 0, 0, 0, 0, 0'),
  refused('E69 process_vm_writev', 311, 271, 'process.pid, 0, 0, 0, 0, 0'),
  refused('E69 pidfd_getfd', 438, 438, '-1, 0, 0'),
  refused('E69 kcmp', 312, 272, 'process.pid, process.pid, 0, 0, 0'),
  refused('E69 perf_event_open', 298, 241, '0, 0, -1, -1, 0'),
  refused('E72 unshare', 272, 97, '0'),
  refused('E72 setns', 308, 268, '-1, 0'),
  refused('E72 clone into a namespace', 56, 220, '0x10000000 | 0x200'),
  { ...refused('E72 clone3', 435, 435, '0, 0'), seccomp: ENOSYS },
  refused('E72 mount', 165, 40, '0, 0, 0, 0, 0'),
  refused('E72 umount2', 166, 39, '0, 0'),
  refused('E72 pivot_root', 155, 41, '0, 0'),
  refused('E72 chroot', 161, 51, '0'),
  refused('E72 open_tree', 428, 428, "-1, '', 0"),
  refused('E72 move_mount', 429, 429, "-1, '', -1, '', 0"),
  refused('E72 fsopen', 430, 430, '0, 0'),
  refused('E72 fsconfig', 431, 431, '-1, 0, 0, 0, 0'),
  refused('E72 fsmount', 432, 432, '-1, 0, 0'),
  refused('E72 fspick', 433, 433, "-1, '', 0"),
  refused('E72 mount_setattr', 442, 442, "-1, '', 0, 0, 0"),
  refused('E72 add_key', 248, 217, '0, 0, 0, 0, 0'),
  refused('E72 request_key', 249, 218, '0, 0, 0, 0'),
  refused('E72 keyctl', 250, 219, '0, -3, 0'),
  refused('E72 bpf', 321, 280, '-1, 0, 0'),
  refused('E72 userfaultfd', 323, 282, '-1'),
  refused('E72 io_uring_setup', 425, 425, '0, 0'),
  refused('E72 io_uring_enter', 426, 426, '-1, 0, 0, 0, 0, 0'),
  refused('E72 io_uring_register', 427, 427, '-1, 0, 0, 0'),
  refused('E72 init_module', 175, 105, '0, 0, 0'),
  refused('E72 finit_module', 313, 273, '-1, 0, 0'),
  refused('E72 delete_module', 176, 106, '0, 0'),
  refused('E72 kexec_load', 246, 104, '0, 0, 0, -1'),
  refused('E72 open_by_handle_at', 304, 265, '-1, 0, 0'),
  refused('E72 name_to_handle_at', 303, 264, "-1, '', 0, 0, 0"),
  refused('E72 fanotify_init', 300, 262, '-1, 0'),
  refused('E72 personality', 135, 92, '0xffffffff'),
  {
    name: 'E71 types into the terminal (TIOCSTI)',
    code: "call([16, 29], 0, 0x5412, ' ')",
    seccomp: EPERM,
  },
  {
    name: 'E71 speaks for the console (TIOCLINUX)',
    code: "call([16, 29], 0, 0x541c, '\\x02')",
    seccomp: EPERM,
  },
  ...([['stops it', 0x540a], ['keeps others from it', 0x540c], [
    'gives it another size',
    0x5414,
  ]] as const)
    .map(([what, request]) => ({
      name: `L171 does to the terminal what outlives the run: ${what}`,
      code: `call([16, 29], 0, ${request}, new Uint8Array(8))`,
      seccomp: EPERM,
    })),
  {
    name: 'E71 hides the request in the upper half of the argument',
    code: "call([16, 29], 0, 0x5412n + (1n << 32n), ' ')",
    seccomp: EPERM,
  },
  {
    name: "D60 makes a program that runs with its owner's rights",
    code:
      `(() => { appendFileSync(OUT + '.x', ''); return call([90, undefined], OUT + '.x', 0o4755) })()`,
    through: true,
    seccomp: EPERM,
  },
  {
    name: 'D60 opens such a program into being',
    code: `call([257, 56], -100, OUT + '.y', 0o101, 0o2755)`,
    through: true,
    seccomp: EPERM,
  },
  {
    name: 'openat2 is left out, its arguments lie in memory',
    code: `call([437, 437], -100, OUT, new BigUint64Array(3), 24)`,
    through: true,
    seccomp: ENOSYS,
  },
  ...[['AF_INET', 2], ['AF_INET6', 10], ['AF_NETLINK', 16]].map(([name, family]): Row => ({
    name: `G88 makes a socket of ${name}`,
    code: `call([41, 198], ${family}, ${family === 16 ? 3 : 1}, 0)`,
    through: true,
    seccomp: EPERM,
  })),
  ...[['AF_PACKET', 17], ['AF_ALG', 38], ['AF_VSOCK', 40], ['AF_XDP', 44]].map((
    [name, family],
  ): Row => ({
    name: `G88 makes a socket of ${name}`,
    code: `call([41, 198], ${family}, 1, 0)`,
    seccomp: EPERM,
  })),
  { name: 'G88 makes a socket of MPTCP', code: 'call([41, 198], 2, 1, 262)', seccomp: EPERM },
  {
    name: 'G88 connects by TCP',
    code:
      `(() => { const fd = call([41, 198], 2, 1, 0); return fd < 0 ? fd : call([42, 203], fd, address(TCP), 16) })()`,
    through: true,
    seccomp: EPERM,
    landlock: EACCES,
    since: 4,
    // Of the two, one switches the loopback device on; nobody listens there.
    namespaces: [ENETUNREACH, ECONNREFUSED],
  },
  {
    name: 'G89 sends a datagram',
    code:
      `(() => { const fd = call([41, 198], 2, 2, 0); return fd < 0 ? fd : call([44, 206], fd, 'x', 1, 0, address(53), 16) })()`,
    through: true,
    seccomp: EPERM,
  },
  {
    name: 'G91 listens on a port',
    code:
      `(() => { const fd = call([41, 198], 2, 1, 0); return fd < 0 ? fd : call([49, 200], fd, address(0, [0, 0, 0, 0]), 16) })()`,
    through: true,
    seccomp: EPERM,
    landlock: EACCES,
    since: 4,
  },
  {
    name: 'G88 reaches an abstract socket',
    code:
      `(() => { const fd = call([41, 198], 1, 1, 0); return call([42, 203], fd, unix('\\0' + ABSTRACT), 3 + ABSTRACT.length) })()`,
    through: true,
    landlock: EPERM,
    since: 6,
    namespaces: ECONNREFUSED,
  },
  {
    name: "F84 reaches another program's socket by its path",
    code:
      `(() => { const fd = call([41, 198], 1, 1, 0); return call([42, 203], fd, unix(SOCKET + '\\0'), 3 + SOCKET.length) })()`,
    through: true,
    namespaces: ENOENT,
  },
  {
    name: 'E70 signals its host',
    code: 'call([62, 129], HOST, 0)',
    through: true,
    landlock: EPERM,
    since: 6,
    namespaces: ESRCH,
  },
  {
    // Of bwrap it is Landlock that says no; the launcher, which is behind the same Landlock, closes itself.
    name: 'A3 reads the memory of the first process',
    code: "call([257, 56], -100, '/proc/1/mem', 0)",
  },
  {
    name: 'D66 changes the mode of a file that it was not granted',
    code: 'call([268, 53], -100, OTHER, 0o600)',
    through: true,
    namespaces: ENOENT,
  },
  {
    name: 'D66 changes the times of a file that it was not granted',
    code: 'call([280, 88], -100, OTHER, 0, 0)',
    through: true,
    namespaces: ENOENT,
  },
  {
    name: 'D66 looks at a file that it was not granted',
    code: 'call([262, 79], -100, OTHER, new Uint8Array(256), 0)',
    through: true,
    namespaces: ENOENT,
  },
  {
    name: 'D51 reads a file that it was not granted',
    code: 'call([257, 56], -100, OTHER, 0)',
    through: true,
    landlock: EACCES,
    namespaces: ENOENT,
  },
  {
    name: 'D66 cuts a file that it was not granted',
    code: 'call([76, 45], OTHER, 0)',
    through: true,
    landlock: EACCES,
    since: 3,
    namespaces: ENOENT,
  },
  {
    name: 'E74 executes a program that it was not granted',
    // The file is none that the kernel can execute, so this program is still here to tell.
    code: 'call([59, 221], PROGRAM, new BigUint64Array(1), new BigUint64Array(1))',
    landlock: EACCES,
    namespaces: ENOENT,
  },
]

/** The version of Landlock that is there. */
const LANDLOCK = versionOfLandlock(await openKernel())

/** What there is on this machine: some calls are of x86_64 alone. */
const ROWS = EVERY_ROW.filter(({ code }) =>
  process.arch === 'x64' || !/\[\d+, undefined\]/.test(code)
)

/** What a layer answers; each has its own column. */
type Column = 'seccomp' | 'landlock' | 'namespaces'

const REFUSALS = [EACCES, ECONNREFUSED, ENETUNREACH, ENOENT, ENOSYS, EPERM, ESRCH]

/** Values of the rows' expressions, behind the layers of one's choice. */
async function ask(user: 'self' | 'nobody', layers: Layers): Promise<Map<string, number>> {
  return await withTemporaryDirectory(async (directory) => {
    const tcp = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    const path = join(directory, 'agent.sock')
    const abstract = `phylum-${basename(directory)}`
    const unix = createServer((socket) => socket.destroy()).listen(path)
    // Neither runtime listens on an abstract socket by the same words; another program does.
    const listener = spawn('perl', ['-MSocket', '-e', LISTEN, abstract])
    await Promise.all([
      once(tcp, 'listening'),
      once(unix, 'listening'),
      once(listener.stdout, 'data'),
    ])
    chmodSync(directory, 0o755)
    chmodSync(path, 0o777)
    for (const name of ['other', 'program']) {
      writeFileSync(join(directory, name), 'x', { mode: 0o755 })
    }
    const { port } = tcp.address() as AddressInfo
    const program = `
      const TCP = ${port}, SOCKET = ${JSON.stringify(path)}, ABSTRACT = ${JSON.stringify(abstract)}
      const OTHER = ${JSON.stringify(join(directory, 'other'))}, PROGRAM = ${
      JSON.stringify(join(directory, 'program'))
    }
      const address = (port, host = [127, 0, 0, 1]) => new Uint8Array([2, 0, port >> 8, port & 255, ...host, ...Array(8).fill(0)])
      const unix = (path) => new Uint8Array([1, 0, ...new TextEncoder().encode(path)])
      ${ROWS.map(({ name, code }) => `tell([${JSON.stringify(name)}, ${code}])`).join('\n')}`
    // The engine does not start without, and a /proc of its own is among what namespaces bring.
    const granted = { read: layers.namespaces === null ? ['/proc'] : [] }
    try {
      const { told, failure, stderr } = await tryWallAs(
        user,
        { layers, granted, directory },
        program,
      )
      assert.equal(failure, undefined, JSON.stringify(failure))
      assert.equal(told.length, ROWS.length, stderr)
      return new Map(told as [string, number][])
    } finally {
      listener.kill('SIGKILL')
      tcp.close()
      unix.close()
    }
  })
}

const LISTEN =
  `socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack('Sa*', AF_UNIX, "\\0$ARGV[0]")) or die $!;
  listen(S, 9); $| = 1; print "ready\n"; sleep 1 while 1`

const users = ['self', ...(process.getuid?.() === 0 ? ['nobody' as const] : [])] as const

for (const user of users) {
  const who = user === 'self' ? '' : ' to an unprivileged user'

  test(`each system call of the table gets through${who} where there is no wall`, async () => {
    const answers = await ask(user, NO_LAYERS)
    for (const { name, through, ...row } of ROWS) {
      const answer = answers.get(name)!
      const columns: Column[] = ['seccomp', 'landlock', 'namespaces']
      const expected = columns.flatMap((column) => row[column] ?? [])
      if (through) assert.ok(answer >= 0 || name.includes('openat2'), `${name}: ${answer}`)
      // Root alone gets as far as to be told that its arguments are nonsense.
      else if (user === 'self' && process.getuid?.() === 0) {
        assert.ok(!expected.includes(-answer), `${name}: ${answer}`)
      }
    }
  })

  for (const column of ['seccomp', 'landlock', 'namespaces'] as const) {
    for (const maker of column === 'namespaces' ? MAKERS : [null]) {
      const layers = {
        namespaces: maker,
        landlock: column === 'landlock',
        seccomp: column === 'seccomp',
      }
      test(`${column} alone${maker === null ? '' : ` by ${maker.kind}`} answers${who} as the table says`, async () => {
        const answers = await ask(user, layers)
        for (const row of ROWS) {
          const expected = row[column]
          const isYetToCome = column === 'landlock' && (row.since ?? 1) > LANDLOCK
          if (expected === undefined || isYetToCome) continue
          const answer = answers.get(row.name)!
          assert.ok([expected].flat().includes(-answer), `${row.name}: ${answer}`)
        }
      })
    }
  }

  for (const maker of MAKERS) {
    test(`E69 E70 E71 E72 D60 D66 F84 G88 G89 the whole wall by ${maker.kind} lets none of them through${who}`, async () => {
      const answers = await ask(user, { namespaces: maker, landlock: true, seccomp: true })
      for (const { name } of ROWS) {
        assert.ok(REFUSALS.includes(-answers.get(name)!), `${name}: ${answers.get(name)}`)
      }
    })
  }
}
