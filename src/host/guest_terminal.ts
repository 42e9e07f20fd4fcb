import type { Log } from '#base'
import type { Stream } from '#sandbox'
import { fstatSync } from 'node:fs'
import process from 'node:process'
import { openForReading } from './pseudo_terminal.ts'
import { openRelay } from './relay.ts'
import type { Relay } from './relay.ts'
import { openTerminalLibrary } from './terminal_library.ts'

/** The standard streams of an extension, and of the commands that it has its host run. */
export interface GuestTerminal {
  /** What stands in for the host's own stdin, stdout and stderr. */
  streams: readonly [stdin: Stream, stdout: Stream, stderr: Stream]
  /** The terminal has another size now. */
  resize(): void
  /** Does something that needs the terminal: all that was written before is shown, and nothing more until it is done. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** Shows what is left, puts the terminal in order and ends; does nothing the second time. */
  close(): Promise<void>
}

/** Whether what an extension writes to a terminal is filtered on this system. */
export const IS_TERMINAL_FILTERED: boolean = process.platform === 'linux'

const INPUT = 0

/**
 * Stands between an extension and the terminal. What it writes there passes the filter (`terminal_filter.ts`), through a pseudo
 * terminal for each one that stdout and stderr are on; stdin is the terminal itself, opened for reading alone, because the
 * descriptor that a shell gives can be written to. What is no terminal is inherited as it is.
 *
 * @param terminals which of the descriptors 0, 1 and 2 lead to a terminal
 * @throws ERR_SANDBOX_START where output cannot be filtered
 */
export async function openGuestTerminal(
  terminals: readonly number[],
  log: Log,
): Promise<GuestTerminal> {
  const streams: [Stream, Stream, Stream] = ['inherit', 'inherit', 'inherit']
  const relays = new Map<string, Relay>()
  let closeInput = () => {}
  if (IS_TERMINAL_FILTERED && terminals.length > 0) {
    const library = await openTerminalLibrary()
    for (const descriptor of terminals) {
      if (descriptor === INPUT) {
        const input = openForReading(library, INPUT)
        streams[INPUT] = input < 0 ? 'ignore' : input
        if (input >= 0) closeInput = () => void library.close(input)
        else {
          log.warn(
            'extension reads nothing: the terminal belongs to another user, and cannot be opened for reading alone',
          )
        }
        continue
      }
      const device = nameDevice(descriptor)
      // One for both, so that what was written first is shown first.
      const relay = relays.get(device) ?? openRelay(library, descriptor)
      relays.set(device, relay)
      streams[descriptor as 1 | 2] = relay.slave
    }
  }
  const all = [...relays.values()]
  let asides = 0
  let held: Promise<unknown> | undefined
  let isClosed = false
  return {
    streams,
    resize: () => all.forEach((each) => each.resize()),
    async aside(work) {
      asides++
      try {
        await (held ??= Promise.all(all.map((each) => each.hold())))
        return await work()
      } finally {
        if (--asides === 0) {
          held = undefined
          if (!isClosed) await Promise.all(all.map((each) => each.release()))
        }
      }
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all(all.map((each) => each.close()))
      closeInput()
    },
  }
}

/** Names the device that a descriptor leads to. */
function nameDevice(descriptor: number): string {
  const { dev, ino } = fstatSync(descriptor)
  return `${dev} ${ino}`
}
