/**
 * Life and death of a process behind the wall, by each of the programs that make namespaces: signals and exit codes pass through
 * the first process of the namespace, and nothing survives it.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTemporaryDirectory } from '../harness/temporary.ts'
import { MAKERS, startTrial } from '../harness/wall.ts'
import type { Trial } from '../harness/wall.ts'

const ways = [...MAKERS, null].map((namespaces) => ({
  name: namespaces?.kind ?? 'no namespaces',
  layers: { namespaces, landlock: true, seccomp: true },
  // The engine does not start without; namespaces bring their own.
  granted: namespaces === null ? { read: ['/proc'] } : { read: [] },
}))

async function told(trial: Trial, count: number): Promise<unknown[]> {
  while (trial.told().length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  return trial.told()
}

/** Processes that have a word in their arguments. */
function processesWith(word: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word) &&
        !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    } catch {
      return false
    }
  })
}

const code = ({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }) =>
  code ?? 128 + constants.signals[signal!]

for (const { name, layers, granted } of ways) {
  test(`N194 exit codes pass through [${name}]`, () =>
    withTemporaryDirectory(async (directory) => {
      for (
        const [program, expected] of [
          ['process.exit(0)', 0],
          ['process.exit(3)', 3],
          ['process.exit(117)', 117],
          ['process.exit(255)', 255],
          ['process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)', 137],
          ['process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)', 143],
        ] as const
      ) {
        const { guest } = await startTrial({ directory, layers, granted }, program)
        const ending = await guest.ended
        assert.equal(code(ending), expected, program)
        assert.equal(ending.failure, undefined)
      }
    }))

  test(`N190 a signal that comes before the guest ends what would become it [${name}]`, () =>
    withTemporaryDirectory(async (directory) => {
      // So many that putting them up takes a while.
      const names = Array.from({ length: 300 }, (_, index) => join(directory, `file-${index}`))
      for (const each of names) writeFileSync(each, '')
      const read = [...granted.read ?? [], ...names]
      for (const delay of [0, 2, 5, 10, 20]) {
        const trial = { directory: join(directory, String(delay)), layers, granted: { read } }
        mkdirSync(trial.directory)
        const { guest } = await startTrial(trial, 'setTimeout(() => process.exit(3), 5000)')
        await new Promise((resolve) => setTimeout(resolve, delay))
        guest.signal('SIGTERM')
        const ending = await guest.ended
        assert.equal(code(ending), 143, `${delay} ms`)
      }
    }))

  test(`N190 signals reach the guest, which may answer them [${name}]`, () =>
    withTemporaryDirectory(async (directory) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH'] as const) {
        const trial = await startTrial(
          { directory, layers, granted },
          `process.on('${signal}', () => { tell('asked'); process.exit(7) }); tell('ready'); setInterval(() => {}, 1000)`,
        )
        await told(trial, 1)
        trial.guest.signal(signal)
        assert.equal(code(await trial.guest.ended), 7, signal)
        assert.deepEqual(trial.told(), ['ready', 'asked'])
      }
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
        const trial = await startTrial(
          { directory, layers, granted },
          `tell('ready'); setInterval(() => {}, 1000)`,
        )
        await told(trial, 1)
        trial.guest.signal(signal)
        assert.equal(code(await trial.guest.ended), 128 + constants.signals[signal], signal)
        assert.deepEqual(processesWith(directory), [])
      }
    }))

  test(`a guest can be stopped, and goes on [${name}]`, () =>
    withTemporaryDirectory(async (directory) => {
      const trial = await startTrial(
        { directory, layers, granted },
        `let n = 0; setInterval(() => tell(n++), 2)`,
      )
      await told(trial, 3)
      trial.guest.signal('SIGSTOP')
      const state = () =>
        processesWith(directory).map((pid) =>
          /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
        )
      while (!state().includes('T')) await new Promise((resolve) => setTimeout(resolve, 5))
      const before = trial.told().length
      trial.guest.signal('SIGCONT')
      await told(trial, before + 3)
      trial.guest.signal('SIGKILL')
      await trial.guest.ended
    }))
}

for (const maker of MAKERS) {
  test(`E78 N191 nothing that was started behind the wall outlives it [${maker.kind}]`, () =>
    withTemporaryDirectory(async (directory) => {
      const layers = { namespaces: maker, landlock: true, seccomp: true }
      for (const [ending, expected] of [['process.exit(0)', 0], ['', 137]] as const) {
        const trial = await startTrial(
          { directory, layers, granted: { run: ['sh', 'setsid', 'sleep'] } },
          `for (const script of ['sleep 600.${process.pid} & wait', 'trap "" TERM HUP INT; sleep 600.${process.pid}'])
            Bun.spawn(['setsid', 'sh', '-c', script], { stdio: ['ignore', 'ignore', 'ignore'] })
          setTimeout(() => { tell('ready'); ${ending} }, 100); setInterval(() => {}, 1000)`,
        )
        await told(trial, 1)
        if (ending === '') trial.guest.signal('SIGKILL')
        assert.equal(code(await trial.guest.ended), expected)
        while (processesWith(`600.${process.pid}`).length > 0) {
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      }
    }))

  test(`N194 orphans are buried while the guest lives [${maker.kind}]`, () =>
    withTemporaryDirectory(async (directory) => {
      const layers = { namespaces: maker, landlock: true, seccomp: true }
      const trial = await startTrial(
        { directory, layers, granted: { run: ['sh'] } },
        `import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
        for (let i = 0; i < 20; i++) Bun.spawnSync(['sh', '-c', '(:) & exit 0'])
        const zombies = () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).filter((pid) => {
          try { return / Z /.test(readFileSync('/proc/' + pid + '/stat', 'utf8')) } catch { return false }
        }).length
        const timer = setInterval(() => { if (zombies() === 0) { tell('buried'); process.exit(0) } }, 5)`,
      )
      assert.equal(code(await trial.guest.ended), 0)
      assert.deepEqual(trial.told(), ['buried'])
    }))
}
