/**
 * Runs a command on a system that lacks something: `deprived.ts CALL[&BITS][=ERRNO],… -- COMMAND [ARGUMENTS]…`. The system calls that
 * are named fail, by their numbers on x86_64 and aarch64 ("444/444=38"); with bits, where the first argument has one of them.
 */
import process from 'node:process'
import { findLibraries, launcherRuntime, startGuest } from '#sandbox'
import {
  ALLOW,
  ARCHITECTURE,
  argument,
  assemble,
  fail,
  NUMBER,
} from '../../src/sandbox/filter_program.ts'
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
const { loader, files } = await findLibraries(process.execPath)
const runtime = launcherRuntime([...(loader === null ? [] : [loader]), ...files])
const guest = await startGuest({
  command: runtime.command[0]!,
  args: runtime.command.slice(1),
  environment: runtime.environment,
  namespaces: null,
  task: {
    mounts: null,
    directory: process.cwd(),
    limits: [],
    landlock: null,
    filter: Buffer.from(filter).toString('base64'),
    isInit: false,
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
