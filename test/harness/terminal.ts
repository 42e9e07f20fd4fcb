import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import type { Home, StartOptions } from './phylum.ts'
import { commandOf } from './phylum.ts'
import type { Form } from './phylum.ts'

/** The program of util-linux that runs another one on a pseudo terminal. */
const SCRIPT = '/usr/bin/script'

/** Why a test cannot have a terminal here; `false` where it can. */
export const NO_TERMINAL: string | false = existsSync(SCRIPT) ? false : `there is no ${SCRIPT} here`

/** phylum on a terminal of its own, with somebody who reads and types. */
export interface TerminalSession {
  /** Everything that was shown so far. */
  shown(): string
  /** Resolves with what matched, once it is shown; rejects when the program ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>
  type(text: string): void
  /** Resolves with the exit code. */
  ended: Promise<number | null>
  process: ChildProcess
}

/** Starts phylum on a terminal of its own. */
export function startOnTerminal(
  home: Home,
  form: Form,
  args: readonly string[],
  options: StartOptions = {},
): TerminalSession {
  const line = [...commandOf(form), ...args].map(quote).join(' ')
  const env: Record<string, string> = {}
  const wanted = { ...home.environment, SHELL: '/bin/sh', TERM: 'xterm', ...options.environment }
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) env[name] = value
  const child = spawn(SCRIPT, ['-qefc', `stty cols 200 rows 50; ${line}`, '/dev/null'], {
    cwd: options.directory ?? `${home.path}/work`,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  let code: number | null | undefined
  const waiting = new Set<() => void>()
  const notify = () => waiting.forEach((each) => each())
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    notify()
  })
  child.stdin?.on('error', () => {})
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      code = status
      resolve(status)
      notify()
    })
  })
  return {
    process: child,
    ended,
    shown: () => text,
    type: (typed) => void child.stdin?.write(typed),
    until(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text)
          if (found === null && code === undefined) return
          waiting.delete(look)
          if (found !== null) resolve(found)
          else {reject(
              new Error(`the program ended with ${code} before it showed ${pattern}: ${text}`),
            )}
        }
        waiting.add(look)
        look()
      })
    },
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
