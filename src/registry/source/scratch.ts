import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Gives something a directory of its own for temporary files, and removes it afterwards, however that ends. */
export async function withScratch<T>(
  scratch: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(scratch, 'fetch-'))
  try {
    return await use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
