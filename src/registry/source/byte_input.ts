import type { RefuseTree } from './tree.ts'

/** Hands out a stream in pieces of wanted lengths, and holds one chunk of it. */
export class ByteInput {
  readonly refuse: RefuseTree
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array()

  constructor(chunks: AsyncIterable<Uint8Array>, refuse: RefuseTree) {
    this.refuse = refuse
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Takes so many bytes into memory. */
  async read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let done = 0
    for await (const piece of this.stream(length)) {
      bytes.set(piece, done)
      done += piece.length
    }
    return bytes
  }

  /** Passes on so many bytes as they come. */
  async *stream(length: number): AsyncGenerator<Uint8Array> {
    let left = length
    while (left > 0) {
      if (this.#chunk.length === 0 && !(await this.#fill())) throw this.refuse('it is cut off')
      const piece = this.#chunk.subarray(0, left)
      this.#chunk = this.#chunk.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  /** What is left, to the end. */
  async *rest(): AsyncGenerator<Uint8Array> {
    do yield this.#chunk
    while (await this.#fill())
  }

  /** Lets go of what the stream holds, however the reading ended. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #fill(): Promise<boolean> {
    const { done, value } = await this.#chunks.next()
    this.#chunk = done === true ? new Uint8Array() : value
    return done !== true
  }
}
