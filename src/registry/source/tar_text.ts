import { display } from '#base'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads UTF-8; `undefined` when it is none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Makes a name of an archive safe to show, whatever its bytes are. */
export function decodeName(bytes: Uint8Array): string {
  return display(new TextDecoder().decode(bytes), 100)
}

/** Answers whether there is nothing but zeros. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}
