import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { PhylumError } from '#base'
import { answerCall } from '../../src/host/answer_call.ts'
import type { CallFunctions } from '../../src/host/answer_call.ts'
import { createCalls } from '../../src/host/calls.ts'
import { createLineReader } from '../../src/host/line_reader.ts'
import { calls as callsTarget, lines } from '../fuzz/calls.ts'
import { fuzzTest } from '../fuzz/target.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const CAPABILITY = 'c'.repeat(43)

const FUNCTIONS: CallFunctions = {
  // deno-lint-ignore require-await
  echo: async (parameters) => parameters,
  refuse() {
    throw new PhylumError('ERR_HOST_REFUSED', 'Requires run access to "x"', {
      hints: ['for the user'],
      cause: new Error('a secret'),
    })
  },
  fail() {
    throw new Error('Invalid header value: "Bearer secret"')
  },
  wait: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(1))),
}

fuzzTest(lines, 300)
fuzzTest(callsTarget, 300)

test('a line that is too long is dropped as it comes, and the next one is read', () => {
  const read = createLineReader(4)
  assert.deepEqual(read(Buffer.from('ab')), [])
  assert.deepEqual(read(Buffer.from('cd\nabcd')), ['abcd'])
  assert.deepEqual(read(Buffer.from('e')), [])
  assert.deepEqual(read(Buffer.from('f\ng\n\n')), [undefined, 'g', ''])
})

test('H101 answerCall() does what is asked, and says what is wrong with a question', async () => {
  const ask = async (question: string) =>
    await answerCall(question, FUNCTIONS, new AbortController().signal)
  assert.deepEqual(await ask('{"call":"echo","parameters":[1]}'), { result: [1] })
  assert.deepEqual(await ask('{"call":"echo"}'), { result: null })
  for (const name of ['constructor', '__proto__', 'toString', '']) {
    assert.deepEqual(await ask(JSON.stringify({ call: name })), {
      error: { code: 'ERR_HOST_CALL', message: 'Cannot answer the call: there is no such call' },
    })
  }
  for (const question of ['', '{', '[]', 'null', '1', '{"call":1}', '{"Call":"echo"}']) {
    const answer = await ask(question)
    assert.ok('error' in answer && answer.error.code === 'ERR_HOST_CALL', question)
  }
})

test('an error crosses as code and message, and what is not ours without a word of its own', async () => {
  const ask = async (call: string) =>
    await answerCall(JSON.stringify({ call }), FUNCTIONS, new AbortController().signal)
  assert.deepEqual(await ask('refuse'), {
    error: { code: 'ERR_HOST_REFUSED', message: 'Requires run access to "x"' },
  })
  assert.ok(!JSON.stringify(await ask('fail')).includes('secret'))
})

/** What a guest does, in another process: writes into one pipe, and reads one line from the other. */
function askIn(directory: string, question: string): Promise<string> {
  const child = spawn('sh', ['-c', 'cat > call; head -n 1 answer'], { cwd: directory })
  const answer: Buffer[] = []
  child.stdout.on('data', (chunk) => answer.push(chunk))
  child.stdin.end(question)
  return new Promise((resolve) =>
    child.on('close', () => resolve(Buffer.concat(answer).toString()))
  )
}

test('H100 a question through the pipes is answered if it shows the capability, and not otherwise', () =>
  withTemporaryDirectory(async (directory) => {
    const before = process.umask(0o777)
    const calls = createCalls({
      functions: FUNCTIONS,
      capability: CAPABILITY,
      log: createRecordingLog(),
    })
    await calls.listen(directory)
    process.umask(before)
    for (const name of ['call', 'answer']) {
      assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
    }
    const question = { call: 'echo', parameters: 'ü'.repeat(200_000) }
    for (const capability of [undefined, '', CAPABILITY.slice(1), `${CAPABILITY}c`, [CAPABILITY]]) {
      const answer = JSON.parse(
        await askIn(directory, `${JSON.stringify({ ...question, capability })}\n`),
      )
      assert.equal(answer.error.code, 'ERR_BROKER_CAPABILITY')
    }
    const text = JSON.stringify({ ...question, capability: CAPABILITY })
    const answer = JSON.parse(await askIn(directory, `${text}\n`))
    assert.ok(
      answer.result === question.parameters,
      'all of it, though it is more than a pipe holds',
    )
    const long = JSON.stringify({ call: 'echo', capability: CAPABILITY, x: 'x'.repeat(2 ** 20) })
    assert.match(await askIn(directory, `${long}\n`), /longer than 1048576 bytes/)
    assert.match(await askIn(directory, `${text}\n`), /result/, 'the next one is answered again')
    await calls.close()
  }))

test('answers are never written into what a guest has put in the place of a pipe', () =>
  withTemporaryDirectory(async (directory) => {
    const file = join(directory, 'precious')
    writeFileSync(file, 'as it was')
    for (const [kind, name] of [['link', 'call'], ['file', 'answer']] as const) {
      if (kind === 'link') symlinkSync(file, join(directory, name))
      else writeFileSync(join(directory, name), '')
      const log = createRecordingLog()
      const calls = createCalls({ functions: FUNCTIONS, capability: CAPABILITY, log })
      await calls.listen(directory)
      assert.match(log.details.join(), /no pipe can be made/)
      await calls.close()
    }
    assert.equal(readFileSync(file, 'utf8'), 'as it was')
  }))

test('at its end a run waits for nobody: not for who asks, and not for who does not read', () =>
  withTemporaryDirectory(async (directory) => {
    const log = createRecordingLog()
    const calls = createCalls({ functions: FUNCTIONS, capability: CAPABILITY, log })
    await calls.listen(directory)
    const waiting = calls.answer('{"call":"wait"}', new AbortController().signal)
    const parameters = 'x'.repeat(500_000)
    const question = JSON.stringify({ call: 'echo', parameters, capability: CAPABILITY })
    const child = spawn('sh', ['-c', 'cat > call'], { cwd: directory })
    child.stdin.end(`${question}\n`)
    await new Promise((resolve) => child.on('close', resolve))
    await calls.close()
    assert.equal(await waiting, '{"result":1}')
    assert.ok(existsSync(join(directory, 'call')))
  }))
