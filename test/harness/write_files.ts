import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a test puts in a directory: text, bytes, a link, or text with the executable bit. */
export type FileContent = string | Uint8Array | { link: string } | { program: string }

/** Writes files by their relative paths, with the directories that they need. */
export function writeFiles(directory: string, files: Readonly<Record<string, FileContent>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(path, content)
    else if ('link' in content) symlinkSync(content.link, path)
    else {
      writeFileSync(path, content.program)
      chmodSync(path, 0o755)
    }
  }
}
