import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Gives a test a directory of its own, and removes it afterwards, however the test ends. */
export async function withTemporaryDirectory<T>(
  use: (directory: string) => Promise<T> | T,
  below = tmpdir(),
): Promise<T> {
  const directory = await mkdtemp(join(below, 'phylum-test-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
