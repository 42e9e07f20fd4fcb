import { display, displayJson, UsageError } from '#base'
import { writeFileAtomic } from '#config'
import { packExtension, readSigningKey, signDetached, thumbprintOf } from '#registry'
import type { Pack, SigningKey } from '#registry'
import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { hasOption, textOption } from '../command.ts'
import type { Context } from '../compose.ts'

/** What a packed extension's name ends with; `phylum ext install` goes by it. */
const ENDING = /\.(tgz|tar\.gz)$/

/** `phylum ext pack` */
export const extensionPack: Command = {
  name: 'ext pack',
  summary: 'Pack an extension into one file, the same bytes on every machine',
  usage: '[PATH]',
  positionals: { min: 0, max: 1 },
  options: [
    { name: 'output', value: 'FILE', summary: 'Write to FILE, which ends with ".tgz"' },
    { name: 'sign', value: 'KEY', summary: 'Sign it with a private Ed25519 key (JWK or PEM)' },
    { name: 'json', summary: 'Print what was packed as JSON' },
  ],
  examples: [
    ['phylum ext pack ./report', 'writes report-1.2.3.tgz; share it: npm publish report-1.2.3.tgz'],
    ['phylum ext pack ./report --sign key.pem', 'and report-1.2.3.tgz.jws beside it'],
  ],
  async run(context, given) {
    const { terminal, workingDirectory } = context
    const directory = resolve(workingDirectory, given.positionals[0] ?? '.')
    const keyFile = textOption(given, 'sign')
    const key = keyFile === undefined
      ? undefined
      : await readSigningKey(resolve(workingDirectory, keyFile))
    const pack = await packExtension(directory)
    for (const warning of pack.warnings) terminal.log.warn(warning)
    const file = chooseFile(context, directory, pack, textOption(given, 'output'))
    const state = await write(file, pack.bytes)
    const signature = await sign(context, { file, state, pack, key })
    report(context, { file, state, pack, signature, isJson: hasOption(given, 'json') })
    return 0
  },
}

/** Finds where a pack is written: not among the files that it is made of, for it would be one of them next time. */
function chooseFile(
  { workingDirectory }: Context,
  directory: string,
  { manifest }: Pack,
  output: string | undefined,
): string {
  const root = realpathSync(directory)
  if (output === undefined) {
    const name = `${manifest.name}-${manifest.version ?? '0.0.0'}.tgz`
    return join(
      isShared(root, join(workingDirectory, name)) ? dirname(root) : workingDirectory,
      name,
    )
  }
  if (!ENDING.test(output)) {
    throw new UsageError(`Option --output is "${display(output)}", which does not end with ".tgz"`)
  }
  const file = resolve(workingDirectory, output)
  if (!isShared(root, file)) return file
  throw new UsageError(
    `Option --output is "${display(output)}", among the files that are packed`,
    { hints: ['name a file outside of the directory of the extension'] },
  )
}

function isShared(root: string, file: string): boolean {
  let directory = dirname(file)
  try {
    directory = realpathSync(directory)
  } catch {
    // Writing says what is wrong with it.
  }
  const parts = relative(root, directory).split('/')
  return !parts.some((part) => part.startsWith('.') || part === 'node_modules')
}

type WriteState = 'new' | 'same' | 'replaced'

async function write(file: string, bytes: Uint8Array): Promise<WriteState> {
  const before = readIfThere(file)
  if (before?.equals(bytes) === true) return 'same'
  await writeFileAtomic(file, bytes, { mode: 0o644 })
  return before === undefined ? 'new' : 'replaced'
}

function readIfThere(file: string) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

interface Signature {
  file: string
  key: string
}

async function sign(
  { terminal }: Context,
  { file, state, pack, key }: {
    file: string
    state: WriteState
    pack: Pack
    key: SigningKey | undefined
  },
): Promise<Signature | null> {
  const signatureFile = `${file}.jws`
  if (key === undefined) {
    if (state !== 'same' && readIfThere(signatureFile) !== undefined) {
      terminal.log.warn(
        `"${
          display(signatureFile)
        }" is of another pack, and makes this one be refused: remove it, or sign with --sign`,
      )
    }
    return null
  }
  const text = `${await signDetached(pack.bytes, key)}\n`
  await writeFileAtomic(signatureFile, text, { mode: 0o644 })
  return { file: signatureFile, key: await thumbprintOf(key.publicKey) }
}

interface Report {
  file: string
  state: WriteState
  pack: Pack
  signature: Signature | null
  isJson: boolean
}

function report({ terminal }: Context, { file, state, pack, signature, isJson }: Report): void {
  const { manifest, bytes, integrity, files, leftOut } = pack
  if (isJson) {
    terminal.print(displayJson(JSON.stringify({
      schema: 1,
      file,
      name: manifest.name,
      version: manifest.version ?? null,
      size: bytes.length,
      integrity,
      files,
      left_out: leftOut,
      signature,
    })))
    return
  }
  if (state === 'replaced') terminal.log.note(`Replaced "${display(file)}", which was another pack`)
  terminal.print(display(file, 4096))
  terminal.log.note(`  ${files.length} files, ${bytes.length} bytes`)
  terminal.log.note(`  ${integrity}`)
  if (leftOut.length > 0) {
    const shown = leftOut.slice(0, 10).map((path) => display(path, 80)).join(', ')
    const rest = leftOut.length > 10 ? ` and ${leftOut.length - 10} more` : ''
    terminal.log.note(`  left out: ${shown}${rest}`)
  }
  if (manifest.version === undefined) {
    terminal.log.note('  its manifest names no version; for npm it is 0.0.0')
  }
  if (signature !== null) {
    terminal.log.note(`  signed by key ${signature.key}: "${display(signature.file)}"`)
  }
}
