/**
 * The launcher is machine code with a list of system calls. Both are tried for each machine: this one's by running it, others' in
 * an emulator.
 */
import { EMPTY_TASK } from '../../src/sandbox/launcher/task.ts'
import type { Task } from '../../src/sandbox/launcher/task.ts'
import { writeExecutable } from '../../src/sandbox/launcher/executable.ts'
import { awaitChild } from '../../src/sandbox/launcher/await_child.ts'
import { assembly, machineCode } from '../../src/sandbox/launcher/machine_code.ts'
import { Program } from '../../src/sandbox/launcher/program.ts'
import type { Label } from '../../src/sandbox/launcher/program.ts'
import { sayEnd, sayFailure } from '../../src/sandbox/launcher/report.ts'
import { writeLauncher } from '../../src/sandbox/launcher/write_launcher.ts'
import type { Report } from '../../src/sandbox/launcher/report.ts'
import type { Piece } from '../../src/sandbox/launcher/executable.ts'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const HOST = process.arch === 'arm64' ? 'arm64' : 'x64'

const MACHINES = [
  { machine: 'x64', assembler: 'x86_64-linux-gnu', emulator: 'qemu-x86_64' },
  { machine: 'arm64', assembler: 'aarch64-linux-gnu', emulator: 'qemu-aarch64' },
] as const

/** An address that is nobody's. */
const NOWHERE = 8

const EFAULT = 14
const ENOENT = 2

function isThere(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0
}

function writePieces(path: string, pieces: readonly Piece[]): void {
  const file = openSync(path, 'w')
  for (const { position, bytes } of pieces) writeSync(file, bytes, 0, bytes.length, position)
  closeSync(file)
  chmodSync(path, 0o755)
}

for (const { machine, assembler, emulator } of MACHINES) {
  const prefix = machine === HOST ? [] : [emulator]
  const skip = machine === HOST || isThere(emulator) ? false : `${emulator} is not installed`

  const as = machine === HOST && isThere('as') ? 'as' : `${assembler}-as`
  const objcopy = as === 'as' ? 'objcopy' : `${assembler}-objcopy`

  test(`the code of ${machine} is what an assembler makes of its text`, {
    skip: isThere(as) ? false : `${as} is not installed`,
  }, () =>
    withTemporaryDirectory((directory) => {
      const [source, object, bytes] = ['code.s', 'code.o', 'code'].map((name) =>
        join(directory, name)
      )
      writeFileSync(source!, assembly(machine))
      for (const words of [[as, '-o', object, source], [objcopy, '-O', 'binary', object, bytes]]) {
        const { status, stderr } = spawnSync(words[0]!, words.slice(1) as string[])
        assert.equal(status, 0, String(stderr))
      }
      const made = readFileSync(bytes!)
      assert.deepEqual(
        Buffer.from(machineCode(machine)),
        made.subarray(0, machineCode(machine).length),
      )
      assert.match(made.subarray(machineCode(machine).length).toString('hex'), /^(90|00)*$/)
      return Promise.resolve()
    }))

  /** Runs a list of calls that ends by telling how it went, and gives what it has written. */
  const run = (directory: string, fill: (program: Program) => void) => {
    const program = new Program(machine)
    const failure: Label = {}
    fill(program)
    program.attempt('exit_group', 0)
    program.mark(failure)
    sayFailure(program)
    const path = join(directory, 'program')
    writePieces(path, writeExecutable(machine, program.finish(failure)))
    return { program, ...start(directory, path) }
  }

  /** Starts an executable with a file in the place of the host. */
  const start = (directory: string, path: string) => {
    const said = openSync(join(directory, 'said'), 'w')
    const words = [...prefix, path]
    const outcome = spawnSync(words[0]!, words.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe', said],
      timeout: 10_000,
    })
    closeSync(said)
    return {
      code: outcome.status,
      stdout: String(outcome.stdout),
      stderr: String(outcome.stderr),
      said: readFileSync(join(directory, 'said')),
    }
  }

  test(
    `calls are made in turn, and their results go where they are needed [${machine}]`,
    { skip },
    () =>
      withTemporaryDirectory((directory) => {
        const file = join(directory, 'text')
        writeFileSync(file, 'twelve bytes')
        const { code, stdout, stderr } = run(directory, (program) => {
          const way = { layer: 'start', subject: 'x' } as const
          const status = program.reserve(256)
          const descriptor = program.ask(way, 'openat', -100, program.text(file), 0)
          program.call(way, 'newfstatat', descriptor, program.text(''), status, 0x1000)
          // st_size, which has the same place on both machines.
          const length = status.word(6)
          program.call(way, 'write', 1, program.text('from a file and no further'), length)
          const skipped: Label = {}
          program.expect({ ...way, otherwise: skipped }, length, 12)
          program.call(way, 'write', 1, program.text('twelve\n'), 7)
          program.mark(skipped)
          program.expect({ ...way, otherwise: skipped }, length, length)
          const wrong: Label = {}
          program.expect({ ...way, otherwise: wrong }, length, 13)
          program.call(way, 'write', 1, program.text('thirteen\n'), 9)
          program.mark(wrong)
          const end: Label = {}
          program.jump(end)
          program.call(way, 'write', 1, program.text('jumped over\n'), 12)
          program.mark(end)
          // What is a number of 64 bits arrives as one.
          program.expect(
            way,
            program.words(2n ** 63n + 5n).word(0),
            program.words(2n ** 63n + 5n).word(0),
          )
          program.attempt('close', -1)
          program.call(way, 'write', 1, program.text('ä end\n'), 7)
        })
        assert.deepEqual([code, stdout, stderr], [0, 'from a file twelve\nä end\n', ''])
        return Promise.resolve()
      }),
  )

  test(
    `the first call that fails ends it, and is named [${machine}]`,
    { skip },
    () =>
      withTemporaryDirectory((directory) => {
        const attempts: [(program: Program) => void, Report][] = [
          [
            (program) => program.call({ layer: 'files', subject: '/there' }, 'chdir', NOWHERE),
            { failure: { layer: 'files', act: 'chdir of /there', errno: EFAULT } },
          ],
          [
            (program) =>
              program.call({ layer: 'limits', subject: '' }, 'chdir', program.text('/nonexistent')),
            { failure: { layer: 'limits', act: 'chdir', errno: ENOENT } },
          ],
          [
            (program) =>
              program.expect(
                { layer: 'landlock', subject: 'another' },
                program.words(1).word(0),
                2,
              ),
            { failure: { layer: 'landlock', act: 'another', errno: 0 } },
          ],
        ]
        for (const [fail, report] of attempts) {
          const { code, said, stdout, program } = run(directory, (program) => {
            for (let each = 0; each < 3; each++) program.attempt('chdir', NOWHERE)
            fail(program)
            program.call({ layer: 'start', subject: '' }, 'write', 1, program.text('behind'), 6)
          })
          assert.deepEqual([code, stdout, said.length], [117, '', 16])
          const address = Number(said.readBigUInt64LE(0))
          assert.deepEqual(
            { ...program.describe(address), errno: Math.abs(Number(said.readBigInt64LE(8))) },
            (report as { failure: object }).failure,
          )
        }
        return Promise.resolve()
      }),
  )

  test(
    `a list may be long, and its memory large [${machine}]`,
    { skip },
    () =>
      withTemporaryDirectory((directory) => {
        const { code, stdout } = run(directory, (program) => {
          for (let each = 0; each < 5_000; each++) {
            const line = program.memory(Buffer.from(`${each}\n`.padEnd(100)))
            program.call({ layer: 'start', subject: '' }, 'write', 1, line, `${each}`.length + 1)
          }
        })
        assert.equal(code, 0)
        assert.equal(stdout, Array.from({ length: 5_000 }, (_, each) => `${each}\n`).join(''))
        return Promise.resolve()
      }),
  )

  test(
    `how a child has ended is told [${machine}]`,
    { skip },
    () =>
      withTemporaryDirectory((directory) => {
        const SIGCHLD = 17
        const { said } = run(directory, (program) => {
          const way = { layer: 'start', subject: '' } as const
          const child = program.ask(way, 'clone', SIGCHLD)
          const parent: Label = {}
          program.expect({ ...way, otherwise: parent }, child, 0)
          program.attempt('exit_group', 7)
          program.mark(parent)
          sayEnd(program, awaitChild(program, child))
        })
        assert.deepEqual([said.readBigInt64LE(0), said.readBigInt64LE(8)], [2n, 0x700n])
        return Promise.resolve()
      }),
  )

  test(
    `a launcher becomes the command, with what it is to have [${machine}]`,
    { skip },
    () =>
      withTemporaryDirectory((directory) => {
        const task: Task = {
          ...EMPTY_TASK,
          directory,
          limits: [[7, 64n, 128n], [4, 0n, 0n]],
          command: '/bin/sh',
          args: [
            '-c',
            'pwd; ulimit -n; ulimit -Hn; ulimit -c; echo "$A $0"; grep NoNewPrivs /proc/self/status',
            'an argument',
          ],
          environment: { A: 'variable' },
        }
        const launcher = writeLauncher(task, { machine, landlock: 0 })
        const path = join(directory, 'launcher')
        writePieces(path, launcher.pieces)
        const { code, stdout, said } = start(directory, path)
        assert.deepEqual([code, launcher.read(said)], [0, { isReady: true }])
        assert.deepEqual(stdout.split('\n'), [
          directory,
          '64',
          '128',
          '0',
          'variable an argument',
          'NoNewPrivs:\t1',
          '',
        ])
        const missing = writeLauncher({ ...task, command: '/nonexistent' }, {
          machine,
          landlock: 0,
        })
        writePieces(path, missing.pieces)
        const failed = start(directory, path)
        assert.equal(failed.code, 117)
        assert.deepEqual(missing.read(failed.said.subarray(16)), {
          failure: { layer: 'start', act: 'execve of /nonexistent', errno: ENOENT },
        })
        return Promise.resolve()
      }),
  )
}

test('N190 a launcher whose host has been killed before it began starts nothing', () =>
  withTemporaryDirectory((directory) => {
    const task: Task = {
      ...EMPTY_TASK,
      namespaces: { hasNetwork: false },
      mounts: [{ kind: 'bind', path: '/', access: 'read', isDirectory: true }],
      command: '/bin/echo',
      args: ['started'],
    }
    const launcher = writeLauncher(task, { machine: HOST, landlock: 0 })
    const path = join(directory, 'launcher')
    writePieces(path, launcher.pieces)
    // By way of a shell, this process is not its parent.
    for (const [command, ...args] of [[path], ['/bin/sh', '-c', `${path}; exit $?`]]) {
      const said = openSync(join(directory, 'said'), 'w+')
      const { status, stdout } = spawnSync(command!, args, {
        stdio: ['ignore', 'pipe', 'pipe', said],
      })
      closeSync(said)
      const report = launcher.read(readFileSync(join(directory, 'said')))
      if (command === path) {
        assert.deepEqual([status, String(stdout), report], [0, 'started\n', { isReady: true }])
      } else {
        const failure = { layer: 'namespaces', act: 'the host has ended', errno: 0 }
        assert.deepEqual([status, String(stdout), report], [117, '', { failure }])
      }
    }
    return Promise.resolve()
  }))

test('N196 without Landlock, a launcher that is to put it up starts nothing', () =>
  withTemporaryDirectory((directory) => {
    const task: Task = {
      ...EMPTY_TASK,
      landlock: { files: 1, ports: 0, scopes: 0, rules: [], portRules: [] },
      command: '/bin/echo',
      args: ['started'],
    }
    const launcher = writeLauncher(task, { machine: HOST, landlock: 0 })
    const path = join(directory, 'launcher')
    writePieces(path, launcher.pieces)
    const said = openSync(join(directory, 'said'), 'w+')
    const { status, stdout } = spawnSync(path, { stdio: ['ignore', 'pipe', 'pipe', said] })
    closeSync(said)
    const report = launcher.read(readFileSync(join(directory, 'said')))
    assert.deepEqual([status, String(stdout)], [117, ''])
    assert.ok('failure' in report && report.failure.layer === 'landlock', JSON.stringify(report))
    return Promise.resolve()
  }))
