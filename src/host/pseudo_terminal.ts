import { PhylumError } from '#base'
import type { TerminalLibrary } from './terminal_library.ts'

/** Flags of open(2). */
const O_WRONLY = 0o1
const O_RDWR = 0o2
const O_NOCTTY = 0o400
const O_NONBLOCK = 0o4000
const O_CLOEXEC = 0o2000000

/** Requests of ioctl_tty(2). */
const TCGETS = 0x5401n
const TCSETS = 0x5402n
const TIOCGWINSZ = 0x5413n
const TIOCSWINSZ = 0x5414n
const TIOCSPTLCK = 0x40045431n
const TIOCGPTPEER = 0x5441n

/** Size of the kernel's `struct termios`, and where its output modes are, of which the first bit is `OPOST`. */
const TERMIOS_SIZE = 64
const OUTPUT_MODES = 4
const OPOST = 1

/** Size of `struct winsize`, in bytes. */
const SIZE_LENGTH = 8

const [POLLIN, POLLOUT] = [0x1, 0x4]
const POLL_GONE = 0x38

/** A terminal in front of another one: what is written to it comes out here. */
export interface PseudoTerminal {
  /** Descriptor that is written to; it cannot be read, for nobody types here. */
  slave: number
  /** Waits for something that was written; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>
  /** What was written and is here already; `undefined` where nothing is. */
  take(): Uint8Array | undefined
  /** Lets `next()` go on; a byte comes out that means nothing (NUL). */
  wake(): void
  /** Makes it as large as the terminal that it stands for. */
  resize(): void
  close(): void
}

/** Most that is read at once, in bytes: more than the kernel hands out. */
const CHUNK = 16_384

/**
 * Opens a pseudo terminal that stands for a terminal: of its size, with its modes, except that it leaves line ends to it.
 *
 * @throws ERR_SANDBOX_START where there are none: what an extension writes must not reach a terminal unseen
 */
export function openPseudoTerminal(library: TerminalLibrary, real: number): PseudoTerminal {
  const opened: number[] = []
  const close = () => opened.splice(0).forEach((each) => library.close(each))
  function must(descriptor: number, act: string): number {
    if (descriptor >= 0) return descriptor
    close()
    throw new PhylumError(
      'ERR_SANDBOX_START',
      `Cannot start the engine: there is no pseudo terminal for its output (${act})`,
      { hints: ['write its output to a file or a pipe, as in `phylum … 2>&1 | cat`'] },
    )
  }
  function open(result: number, act: string): number {
    opened.push(must(result, act))
    return result
  }
  const master = open(
    library.open(pathOf('/dev/ptmx'), O_RDWR | O_NOCTTY | O_CLOEXEC),
    'open of /dev/ptmx',
  )
  must(library.ioctl(master, TIOCSPTLCK, new Uint8Array(4)), 'TIOCSPTLCK')
  const peer = (flags: number) =>
    open(
      library.control(master, TIOCGPTPEER, BigInt(O_WRONLY | O_NOCTTY | O_CLOEXEC | flags)),
      'TIOCGPTPEER',
    )
  const slave = peer(0)
  // For ourselves, so that we never wait for room that only we can make.
  const waker = peer(O_NONBLOCK)
  const modes = new Uint8Array(TERMIOS_SIZE)
  must(library.ioctl(real, TCGETS, modes), 'TCGETS')
  const view = new DataView(modes.buffer)
  view.setUint32(OUTPUT_MODES, view.getUint32(OUTPUT_MODES, true) & ~OPOST, true)
  must(library.ioctl(slave, TCSETS, modes), 'TCSETS')
  const memory = new Uint8Array(CHUNK)

  function resize(): void {
    const size = new Uint8Array(SIZE_LENGTH)
    if (library.ioctl(real, TIOCGWINSZ, size) === 0) library.ioctl(master, TIOCSWINSZ, size)
  }
  resize()
  return {
    slave,
    resize,
    close,
    async next() {
      const length = await library.readLater(master, memory)
      return length > 0 ? memory.subarray(0, length) : undefined
    },
    take() {
      // The kernel brings what is on its way here before it answers.
      if ((ask(library, master, POLLIN) & POLLIN) === 0) return undefined
      const length = library.read(master, memory, BigInt(CHUNK))
      return length > 0 ? memory.subarray(0, length) : undefined
    },
    wake: () => void library.write(waker, new Uint8Array(1), 1n),
  }
}

/** Pause before another attempt on a terminal that takes nothing and does not make its writers wait, in milliseconds. */
const PAUSE = 5

/**
 * Writes to a terminal, whole, while everything else goes on.
 *
 * @returns whether it is still there
 */
export async function writeToTerminal(
  library: TerminalLibrary,
  descriptor: number,
  bytes: Uint8Array,
): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const length = await library.writeLater(descriptor, bytes.subarray(at))
    if (length >= 0) {
      at += length
      continue
    }
    if ((ask(library, descriptor, POLLOUT) & POLL_GONE) !== 0) return false
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  return true
}

/**
 * Opens a terminal that is open already once more, for reading alone: the descriptor of a shell can be written to as well.
 *
 * @returns -1 where that is not possible
 */
export function openForReading(library: TerminalLibrary, descriptor: number): number {
  return library.open(pathOf(`/proc/self/fd/${descriptor}`), O_NOCTTY | O_CLOEXEC)
}

/** Asks poll(2) about one descriptor, without waiting. */
function ask(library: TerminalLibrary, descriptor: number, events: number): number {
  // struct pollfd: int fd, short events, short revents.
  const entry = new DataView(new ArrayBuffer(8))
  entry.setInt32(0, descriptor, true)
  entry.setInt16(4, events, true)
  library.poll(new Uint8Array(entry.buffer), 1n, 0)
  return entry.getInt16(6, true)
}

function pathOf(path: string): Uint8Array {
  return new TextEncoder().encode(`${path}\0`)
}
