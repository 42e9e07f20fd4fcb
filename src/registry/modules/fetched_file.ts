import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the engine writes behind each file that it has fetched, as a comment, up to the file's end. */
const MARK = '\n// denoCacheMetadata='

/** Headers that say what a file is, or where it leads; all others tell of the day and the server. */
const HEADERS = ['content-type', 'location', 'x-typescript-types']

/** A file that the engine has fetched as a module. */
export interface FetchedFile {
  readonly path: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Lists what the engine has fetched as modules. @param cache its own directory */
export function listFetchedFiles(cache: string): FetchedFile[] {
  return listFiles(join(cache, 'remote')).map((path) => {
    const bytes = readFileSync(path)
    const at = bytes.lastIndexOf(MARK)
    const text = bytes.toString('utf8', at + MARK.length)
    const { url = '', headers = {} } = (at === -1 ? {} : JSON.parse(text)) as Partial<FetchedFile>
    return { path, url, headers, body: at === -1 ? bytes : bytes.subarray(0, at) }
  })
}

/** Writes a file anew so that the same module is the same bytes, whenever and from wherever it was fetched. */
export function writeFetchedFile({ path, url, headers, body }: FetchedFile): void {
  const kept = HEADERS.filter((name) => headers[name] !== undefined)
    .map((name) => [name, headers[name]])
  const metadata = JSON.stringify({ headers: Object.fromEntries(kept), url, time: 0 })
  writeFileSync(path, Buffer.concat([body, Buffer.from(`${MARK}${metadata}`)]))
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()
  } catch {
    return []
  }
}
