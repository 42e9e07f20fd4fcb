/** Takes bytes as they come, and gives the lines that are complete with them. */
export type ReadLines = (chunk: Uint8Array) => (string | undefined)[]

/**
 * Puts lines together from bytes that come in pieces. One that is longer than the limit is dropped as it comes, so that nobody can
 * fill the memory with a line that never ends; when its end comes, `undefined` stands for it.
 */
export function createLineReader(limit: number): ReadLines {
  let pieces: Uint8Array[] = []
  let length = 0

  function keep(piece: Uint8Array): void {
    length += piece.length
    if (length <= limit) pieces.push(piece.slice())
    else pieces = []
  }

  function finish(): string | undefined {
    const line = length <= limit ? Buffer.concat(pieces).toString() : undefined
    pieces = []
    length = 0
    return line
  }

  return (chunk) => {
    const lines: (string | undefined)[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end))
      lines.push(finish())
      start = end + 1
    }
    if (start < chunk.length) keep(chunk.subarray(start))
    return lines
  }
}

const NEWLINE = 10
