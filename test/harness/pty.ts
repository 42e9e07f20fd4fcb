import assert from 'node:assert/strict'
import { join } from 'node:path'
import { commandOf } from './phylum.ts'
import type { Form, Home } from './phylum.ts'
import { until } from './traces.ts'

/** Bits of a terminal's local modes (termios(3), Linux): keys are shown, lines are edited, Ctrl-C is a signal. */
export const ECHO = 0o10
export const ICANON = 0o2
export const ISIG = 0o1

/** A program on a terminal of its own. */
export interface Terminal {
  pid: number
  /** All that was written to the terminal so far. */
  output(): string
  type(text: string): void
  /** Waits until the output matches; fails when the program ends before. */
  shows(pattern: RegExp): Promise<void>
  /** The terminal's local modes. */
  modes(): number
  signal(name: NodeJS.Signals): void
  /** Makes the terminal larger or smaller. */
  resize(columns: number, rows: number): void
  /** How it ended: its exit code, or 128 and the signal's number. */
  ended: Promise<number>
  /** Takes the terminal away, and what still runs on it. */
  close(): void
}

/** What a terminal is like. */
export interface TerminalOptions {
  environment?: Record<string, string>
  columns?: number
  rows?: number
}

/** Starts phylum on a real terminal, which it can control and be controlled by. */
export function startOnTerminal(
  home: Home,
  form: Form,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  return startProgram(home, [...commandOf(form), ...args], options)
}

/** Starts any program on a real terminal. */
export function startProgram(
  home: Home,
  command: readonly string[],
  { environment = {}, columns = 80, rows = 24 }: TerminalOptions = {},
): Terminal {
  const decoder = new TextDecoder()
  let output = ''
  let isOver = false
  const child = Bun.spawn([...command], {
    cwd: join(home.path, 'work'),
    env: { ...home.environment, TERM: 'xterm', ...environment },
    terminal: {
      cols: columns,
      rows,
      data: (_, bytes) => {
        output += decoder.decode(bytes, { stream: true })
      },
      // Whatever is written is in the output by then.
      exit: () => {
        isOver = true
      },
    },
  })
  const terminal = child.terminal!
  return {
    pid: child.pid,
    output: () => output,
    type: (text) => void terminal.write(text),
    async shows(pattern) {
      await until(() => pattern.test(output) || isOver)
      assert.match(output, pattern, 'the program has ended')
    },
    modes: () => terminal.localFlags,
    signal: (name) => child.kill(name),
    resize: (columns, rows) => terminal.resize(columns, rows),
    ended: child.exited,
    close() {
      child.kill('SIGKILL')
      terminal.close()
    },
  }
}
