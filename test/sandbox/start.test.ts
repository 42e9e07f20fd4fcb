import { startGuest, startWatchdog } from '#sandbox'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EMPTY_TASK } from '../../src/sandbox/launcher/task.ts'
import { LAUNCHER } from '../../src/sandbox/launcher_file.ts'

async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'phylum-start-'))
  try {
    await body(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

function shell(script: string, directory: string) {
  return {
    command: '/bin/sh',
    args: ['-c', script],
    environment: { PATH: '/usr/bin:/bin', OUT: directory },
  }
}

test('startGuest() gives a guest a session and a process group of its own', () =>
  withDirectory(async (directory) => {
    const guest = await startGuest(shell('cut -d" " -f1,5,6 /proc/$$/stat > $OUT/stat', directory))
    assert.deepEqual(await guest.ended, { code: 0, signal: null })
    const [pid, group, session] = readFileSync(join(directory, 'stat'), 'utf8').trim().split(' ')
      .map(Number)
    assert.deepEqual([pid, group, session], [guest.pid, guest.pid, guest.pid])
  }))

test('E68 startGuest() passes on no descriptor but the standard three', () =>
  withDirectory(async (directory) => {
    const open = openSync('/etc/hostname', 'r')
    try {
      const guest = await startGuest(shell('ls -l /proc/self/fd > $OUT/fds', directory))
      await guest.ended
      const lines = readFileSync(join(directory, 'fds'), 'utf8').split('\n')
      // The listing itself has its directory open.
      const listed = lines.filter((line) => line.includes(' -> ') && !/\/proc\/\d+\/fd$/.test(line))
      assert.deepEqual(listed.map((line) => / (\d+) -> /.exec(line)?.[1]), ['0', '1', '2'])
    } finally {
      closeSync(open)
    }
  }))

test('startGuest() gives exactly the environment of the launch', () =>
  withDirectory(async (directory) => {
    const guest = await startGuest({
      command: '/usr/bin/env',
      args: [],
      environment: { ONLY: 'this' },
    })
    assert.deepEqual(await guest.ended, { code: 0, signal: null })
    const written = await startGuest(shell('env | sort > $OUT/env', directory))
    await written.ended
    const names = readFileSync(join(directory, 'env'), 'utf8').trim().split('\n').map((line) =>
      line.split('=')[0]
    )
    assert.deepEqual(names.filter((name) => name !== '_' && name !== 'PWD' && name !== 'SHLVL'), [
      'OUT',
      'PATH',
    ])
  }))

test('startGuest() tells exit codes and signals apart, and fails for a command that is not there', async () => {
  const three = await startGuest({ command: '/bin/sh', args: ['-c', 'exit 3'], environment: {} })
  assert.deepEqual(await three.ended, { code: 3, signal: null })
  const killed = await startGuest({
    command: '/bin/sh',
    args: ['-c', 'kill -9 $$'],
    environment: {},
  })
  assert.deepEqual(await killed.ended, { code: null, signal: 'SIGKILL' })
  await assert.rejects(startGuest({ command: '/nowhere/deno', args: [], environment: {} }), {
    code: 'ERR_SANDBOX_START',
  })
})

test('M181 startGuest() leaves no descriptor behind, whatever becomes of the guest', async () => {
  const count = () => readdirSync('/proc/self/fd').length
  const launch = { ...LAUNCHER, namespaces: null }
  const start = async (streams: Parameters<typeof startGuest>[1], command: string) => {
    const guest = await startGuest({ ...launch, task: { ...EMPTY_TASK, command } }, streams)
    guest.streams.stdout?.resume()
    guest.streams.stderr?.resume()
    await guest.ended
  }
  const all = async () => {
    for (const command of ['/bin/true', '/nonexistent']) {
      await start(['ignore', 'ignore', 'ignore'], command)
      await start(['ignore', 'pipe', 'pipe'], command)
    }
  }
  await all()
  const before = count()
  for (let round = 0; round < 10; round++) await all()
  await waitFor(() => count() <= before)
})

test('startGuest() signals every process of the group', () =>
  withDirectory(async (directory) => {
    const guest = await startGuest(shell('sleep 60 & echo $! > $OUT/child; wait', directory))
    const file = join(directory, 'child')
    await waitFor(() => existsSync(file) && readFileSync(file, 'utf8') !== '')
    const grandchild = Number(readFileSync(file, 'utf8'))
    assert.ok(isAlive(grandchild))
    guest.signal('SIGKILL')
    await guest.ended
    await waitFor(() => !isAlive(grandchild))
    guest.signal('SIGKILL')
  }))

test('N191 startWatchdog() kills the group and removes the directory when its host is killed', () =>
  withDirectory(async (directory) => {
    const victim = spawn('/bin/sh', ['-c', 'sleep 60 & sleep 60'], {
      detached: true,
      stdio: 'ignore',
    })
    const run = join(directory, 'run')
    mkdirSync(run)
    const script = fileURLToPath(new URL('../harness/watchdog_host.ts', import.meta.url))
    const runtime = 'Bun' in globalThis ? [] : ['run', '-A', '--no-check']
    const host = spawn(process.execPath, [...runtime, script, String(victim.pid), run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(host.stdout, 'data')
    assert.ok(existsSync(run) && isAlive(victim.pid!))
    host.kill('SIGKILL')
    await waitFor(() => !existsSync(run) && !isAlive(victim.pid!))
  }))

test('N190 startWatchdog() removes the directory when its host is killed before there is a guest', () =>
  withDirectory(async (directory) => {
    const run = join(directory, 'run')
    mkdirSync(run)
    const script = fileURLToPath(new URL('../harness/watchdog_host.ts', import.meta.url))
    const runtime = 'Bun' in globalThis ? [] : ['run', '-A', '--no-check']
    const host = spawn(process.execPath, [...runtime, script, '', run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(host.stdout, 'data')
    host.kill('SIGKILL')
    await waitFor(() => !existsSync(run))
  }))

test('startWatchdog() touches nothing once it is dismissed, with a guest or without', () =>
  withDirectory(async (directory) => {
    const victim = spawn('/bin/sh', ['-c', 'sleep 60'], { detached: true, stdio: 'ignore' })
    for (const group of [victim.pid, undefined]) {
      const watchdog = startWatchdog(directory)
      if (group !== undefined) watchdog.guard(group)
      await watchdog.dismiss()
    }
    const other = spawn('/bin/sh', ['-c', 'exit 0'])
    await once(other, 'close')
    assert.ok(existsSync(directory) && isAlive(victim.pid!))
    process.kill(-victim.pid!, 'SIGKILL')
  }))
