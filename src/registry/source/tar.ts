import { ByteInput } from './byte_input.ts'
import { BLOCK, parseTarHeader } from './tar_header.ts'
import type { TarHeader } from './tar_header.ts'
import { agreeOnName, parsePax } from './tar_pax.ts'
import type { PaxHeader } from './tar_pax.ts'
import { decodeName, decodeUtf8, isZero } from './tar_text.ts'
import type { RefuseTree, TreeEntry } from './tree.ts'

/** Longest extended header, in bytes: far more than the times and names that archivers note. */
const MAX_EXTENSION = 64 * 1024

/**
 * Reads a tar archive as it comes, and takes nothing that could be read in another way: the kinds of archive that npm, git, GNU tar and
 * bsdtar write for plain files and directories, and no other.
 *
 * It is our own because what it must refuse, other readers do not show: nanotar and tar turn "../x" into "x", modern-tar calls
 * a sparse file a file, and all cut names at a NUL and hide the name that an extended header replaces.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  refuse: RefuseTree,
): AsyncGenerator<TreeEntry> {
  const input = new ByteInput(chunks, refuse)
  try {
    yield* readEntries(input)
  } finally {
    await input.close()
  }
}

async function* readEntries(input: ByteInput): AsyncGenerator<TreeEntry> {
  const { refuse } = input
  let extensions = new Extensions(refuse)
  // Nothing asks for a break here: whoever reads the entries counts them.
  for (let headers = 0;; headers++) {
    const block = await input.read(BLOCK)
    if (isZero(block)) break
    const header = parseTarHeader(block, refuse)
    if (header.type === 'file' || header.type === 'directory') {
      yield* readEntry(header, extensions, input)
      extensions = new Extensions(refuse)
      continue
    }
    if (header.size > MAX_EXTENSION) throw refuse('an extended header in it is too large')
    const body = await input.read(header.size)
    await skipPadding(input, header.size)
    extensions.add(header.type, body, headers)
  }
  extensions.assertNone()
  // The end is two empty blocks, and nothing behind them: another reader may go on there.
  if (!isZero(await input.read(BLOCK))) throw refuse('its end is damaged')
  for await (const rest of input.rest()) {
    if (!isZero(rest)) throw refuse('there is something behind its end')
  }
}

async function* readEntry(
  header: TarHeader,
  extensions: Extensions,
  input: ByteInput,
): AsyncGenerator<TreeEntry> {
  const { size, mode } = header
  const name = extensions.apply(header)
  const path = decodeUtf8(name)
  if (path === undefined) throw input.refuse(`the name "${decodeName(name)}" is not UTF-8`)
  const kind = header.type === 'directory' ? 'directory' : 'file'
  const body = input.stream(size)
  yield {
    path: kind === 'directory' ? path.replace(/(?<=.)\/$/, '') : path,
    kind,
    isExecutable: (mode & 0o111) !== 0,
    size,
    body,
  }
  // What was not read is passed over.
  for await (const _ of body);
  await skipPadding(input, size)
}

/** What stands before an entry and says more of it. */
class Extensions {
  readonly #refuse: RefuseTree
  #pax: PaxHeader | undefined
  #longName: Uint8Array | undefined

  constructor(refuse: RefuseTree) {
    this.#refuse = refuse
  }

  add(type: TarHeader['type'], body: Uint8Array, headers: number): void {
    if (type === 'longname') {
      const end = body.indexOf(0)
      if (end !== body.length - 1 || this.#longName !== undefined) {
        throw this.#refuse('a long name in it is damaged')
      }
      this.#longName = body.subarray(0, end)
      return
    }
    const pax = parsePax(body, this.#refuse)
    if (type === 'global') {
      // git notes its commit so; a name for all files, or in the middle, would be an attack.
      if (headers !== 0 || pax.path !== undefined || pax.size !== undefined) {
        throw this.#refuse('an extended header in it speaks for all files')
      }
      return
    }
    if (this.#pax !== undefined) throw this.#refuse('an extended header in it is ambiguous')
    this.#pax = pax
  }

  apply(header: TarHeader): Uint8Array {
    const { path, size } = this.#pax ?? {}
    if (size !== undefined && size !== String(header.size)) {
      throw this.#refuse(`the sizes of "${decodeName(header.name)}" in it disagree`)
    }
    if (path !== undefined && this.#longName !== undefined) {
      throw this.#refuse('an extended header in it is ambiguous')
    }
    const long = path ?? this.#longName
    return long === undefined ? header.name : agreeOnName(header.name, long, this.#refuse)
  }

  assertNone(): void {
    if (this.#pax !== undefined || this.#longName !== undefined) throw this.#refuse('it is cut off')
  }
}

async function skipPadding(input: ByteInput, size: number): Promise<void> {
  const padding = await input.read((BLOCK - (size % BLOCK)) % BLOCK)
  if (!isZero(padding)) throw input.refuse('there is something between its files')
}
