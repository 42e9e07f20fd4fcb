import { execFile } from 'node:child_process'

/** How long an engine may take to tell its types, in milliseconds. */
const LIMIT = 20_000

/** Most that it may say, in bytes; it is some 700 kB. */
const MAX_BYTES = 16 * 1024 * 1024

/** Reads the types that Deno tells of itself; answers undefined where it does not. */
export function readDenoTypes(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { env: { NO_COLOR: '1' }, timeout: LIMIT, maxBuffer: MAX_BYTES, cwd: '/' }
    execFile(path, ['types'], options, (error, stdout) => {
      resolve(error === null && stdout !== '' ? stdout : undefined)
    })
  })
}
