/**
 * Runs a command on a system that lacks something: `deprived.ts CALL[&BITS][=ERRNO],… -- COMMAND [ARGUMENTS]…`. The system calls that
 * are named fail, by their numbers on x86_64 and aarch64 ("444/444=38"); with bits, where the first argument has one of them.
 */
import process from 'node:process'
import { startGuest } from '#sandbox'
import {
  ALLOW,
  ARCHITECTURE,
  argument,
  assemble,
  fail,
  NUMBER,
} from '../../src/sandbox/filter_program.ts'
import { EMPTY_TASK } from '../../src/sandbox/launcher/task.ts'
import { LAUNCHER } from '../../src/sandbox/launcher_file.ts'
import { ARCHITECTURES } from '../../src/sandbox/system_calls.ts'

const [calls = '', , command = '', ...args] = process.argv.slice(2)
const column = process.arch === 'arm64' ? 1 : 0
const refused = calls.split(',').filter(Boolean).flatMap((each, index) => {
  const [call = '', errno = '38'] = each.split('=')
  const [numbers = '', bits] = call.split('&')
  const value = Number(numbers.split('/')[column])
  return [
    { load: NUMBER },
    { jump: 'equal', value, otherwise: `next ${index}` } as const,
    ...(bits === undefined ? [] : [
      { load: argument(0) },
      { jump: 'anyBit', value: Number(bits), otherwise: `next ${index}` } as const,
    ]),
    { answer: fail(Number(errno)) },
    { label: `next ${index}` },
  ]
})
const filter = assemble([
  { load: ARCHITECTURE },
  { jump: 'equal', value: ARCHITECTURES[column === 0 ? 'x64' : 'arm64'], otherwise: 'allow' },
  ...refused,
  { label: 'allow' },
  { answer: ALLOW },
])
const guest = await startGuest({
  ...LAUNCHER,
  namespaces: null,
  task: {
    ...EMPTY_TASK,
    directory: process.cwd(),
    filter,
    command,
    args,
    environment: Object.fromEntries(
      Object.entries(process.env).filter((entry): entry is [string, string] =>
        entry[1] !== undefined
      ),
    ),
  },
})
const { code } = await guest.ended
process.exit(code ?? 1)
