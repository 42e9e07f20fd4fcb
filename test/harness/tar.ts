import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'

/** An entry of a tar archive, exactly as it shall stand there: nothing is checked, much can be false. */
export interface RawEntry {
  name: string | Uint8Array
  /** '0' file (the default), '1' hard link, '2' symbolic link, '3' and '4' devices, '5' directory, '6' pipe, 'x', 'g', 'L', … */
  type?: string
  body?: string | Uint8Array
  mode?: number
  prefix?: string
  link?: string
  /** What the header claims, where it is not the length of the body. */
  size?: number | string
  /** Changes the finished header, before or after its sum is made. */
  patch?: (header: Buffer) => void
  damage?: (header: Buffer) => void
}

/** Writes a tar archive of the given entries, byte for byte as they say. */
export function makeTar(
  entries: readonly RawEntry[],
  end: Uint8Array = Buffer.alloc(1024),
): Buffer {
  return Buffer.concat([...entries.flatMap(renderEntry), end])
}

/** Writes a gzip-compressed tar archive, as `ext install` takes it. */
export function makeTgz(entries: readonly RawEntry[], end?: Uint8Array): Buffer {
  return gzipSync(makeTar(entries, end))
}

/** Writes a proper pack of files, all below "package/". */
export function makePack(files: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(files)
  return makeTgz(entries.map(([path, body]) => ({ name: `package/${path}`, body })))
}

/** Writes the extended header of the entry behind it. */
export function pax(records: Readonly<Record<string, string>>, type = 'x'): RawEntry {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`)
    let length = rest + String(rest).length
    length = rest + String(length).length
    return `${length} ${key}=${value}\n`
  }).join('')
  return { name: 'PaxHeader', type, body }
}

/** Writes the long name of the entry behind it, as GNU tar does. */
export function longName(name: string): RawEntry {
  return { name: '././@LongLink', type: 'L', body: `${name}\0` }
}

function renderEntry(entry: RawEntry): Buffer[] {
  const body = Buffer.from(entry.body ?? '')
  const header = Buffer.alloc(512)
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0')
  Buffer.from(entry.name).copy(header, 0, 0, 100)
  header.write(octal(entry.mode ?? (entry.type === '5' ? 0o755 : 0o644), 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  const size = entry.size ?? body.length
  header.write(typeof size === 'string' ? size : octal(size, 12), 124, 'latin1')
  header.write(octal(499162500, 12), 136)
  header.write(entry.type ?? '0', 156, 'latin1')
  header.write(entry.link ?? '', 157)
  header.write('ustar\x0000', 257)
  header.write(entry.prefix ?? '', 345)
  entry.patch?.(header)
  header.fill(' ', 148, 156)
  header.write(`${octal(header.reduce((sum, byte) => sum + byte, 0), 7)}\0 `, 148)
  entry.damage?.(header)
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
}
