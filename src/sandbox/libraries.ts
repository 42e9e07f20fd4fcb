import { PhylumError } from '#base'
import { execFile } from 'node:child_process'
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

/** How long a loader may take to answer, in milliseconds. */
const LIMIT = 10_000

/** Where the loader looks libraries up. */
const LOADER_CACHE = '/etc/ld.so.cache'

/** Libraries that the C library loads when it is asked for a host's address, where they are not part of it. */
const NAME_SERVICE = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']

/** What a program needs beside itself to start. */
export interface Libraries {
  /** Program that loads it; null for one that needs none. */
  loader: string | null
  /** Shared libraries, and where the loader looks them up. */
  files: readonly string[]
  /** What is needed besides for looking up hosts. */
  nameService: readonly string[]
}

/**
 * Finds out what a program needs to start, by asking the loader that it names: it alone knows where libraries are.
 *
 * @throws ERR_SANDBOX_ENGINE when the loader cannot say
 */
export async function findLibraries(program: string): Promise<Libraries> {
  const loader = readLoader(program)
  if (loader === null) return { loader, files: [], nameService: [] }
  const listing = await list(loader, program)
  // "name => path (address)", or the path alone; the kernel's own page has no path.
  const files = listing.split('\n')
    .map((line) => /(?:=>\s*)?(\/\S.*?)(?:\s+\(0x[0-9a-f]+\))?$/.exec(line.trim())?.[1])
    .filter((path) => path !== undefined && isAbsolute(path) && path !== loader)
  const libc = files.find((path) => /\/libc\.so/.test(path ?? ''))
  const beside = libc === undefined ? [] : NAME_SERVICE.map((name) => join(dirname(libc), name))
  return {
    loader,
    files: [...new Set([...files as string[], LOADER_CACHE])].filter(existsSync),
    nameService: beside.filter(existsSync),
  }
}

/** Reads `PT_INTERP` of an ELF file (elf(5)): the loader that the kernel starts. @returns null when there is none */
export function readLoader(program: string): string | null {
  let descriptor: number
  try {
    descriptor = openSync(program, 'r')
  } catch {
    return null
  }
  try {
    const head = Buffer.alloc(4096)
    const length = readSync(descriptor, head, 0, head.length, 0)
    if (length < 64 || head.toString('latin1', 0, 4) !== '\x7fELF' || head[4] !== 2) return null
    const PT_INTERP = 3
    const start = Number(head.readBigUInt64LE(32))
    const size = head.readUInt16LE(54)
    for (let each = 0; each < head.readUInt16LE(56); each++) {
      const at = start + each * size
      if (at + size > length || head.readUInt32LE(at) !== PT_INTERP) continue
      const path = Buffer.alloc(Math.min(Number(head.readBigUInt64LE(at + 32)), 4096))
      readSync(descriptor, path, 0, path.length, Number(head.readBigUInt64LE(at + 8)))
      return path.toString().replace(/\0.*$/s, '')
    }
    return null
  } catch {
    // It is a directory, or cannot be read.
    return null
  } finally {
    closeSync(descriptor)
  }
}

function list(loader: string, program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(loader, ['--list', program], { env: {}, timeout: LIMIT }, (error, stdout) => {
      if (error === null) return resolve(stdout)
      reject(
        new PhylumError(
          'ERR_SANDBOX_ENGINE',
          'Cannot find out which libraries the engine needs',
          { cause: error },
        ),
      )
    })
  })
}
