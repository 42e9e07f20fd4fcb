import type { Secret } from '#base'

const MASK = 0x2a // "*"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Shorter needles would mask text that only looks alike; no credential of use is this short. */
const MIN_NEEDLE = 8

/** Removes the credential from what goes back to an extension. */
export interface Scrubber {
  /** Masks every form of the credential in a header value or an error text. */
  text(value: string): string
  /** Masks a whole body in place. */
  bytes(value: Uint8Array): Uint8Array
  /**
   * Masks a body as it streams, in place: its length stays, and bytes that may begin a needle are held back until the
   * next chunk decides. Answers `undefined` for a chunk of which nothing can be passed on yet.
   */
  stream(): { push(chunk: Uint8Array): Uint8Array | undefined; end(): Uint8Array | undefined }
}

/**
 * Makes a scrubber for the given secrets in the forms an API may echo them in: as they are, JSON-escaped,
 * percent-encoded, base64 and base64url at each of the three alignments, and hexadecimal.
 *
 * The search is Wu and Manber's: a table over pairs of bytes says how far the window may jump, so a body costs
 * one look-up for about as many bytes as the shortest needle has.
 */
export function createScrubber(secrets: readonly Secret[]): Scrubber {
  const forms = collectForms(secrets)
  const search = createSearch(forms.map((form) => encoder.encode(form)))
  return {
    text(value) {
      // Nearly always: a header's value is short, and encoding it would cost more than all the rest.
      if (!forms.some((form) => value.includes(form))) return value
      const bytes = encoder.encode(value)
      search.mask(bytes, 0, bytes.length)
      return decoder.decode(bytes)
    },
    bytes(value) {
      search.mask(value, 0, value.length)
      return value
    },
    stream() {
      let held: Uint8Array = new Uint8Array(0)
      /** How many of the held bytes belong to a needle that was masked already. */
      let decided = 0
      return {
        push(chunk) {
          const bytes = held.length === 0 ? chunk : concat(held, chunk)
          // Before anything is masked: of two needles of which one begins as the other, the longer one counts, and a
          // masked beginning would not be known again.
          const open = bytes.length - search.openEnd(bytes, decided)
          const end = search.mask(bytes, decided, open)
          decided = Math.max(0, end - open)
          held = bytes.slice(open)
          return open === 0 ? undefined : bytes.subarray(0, open)
        },
        end() {
          const rest = held
          search.mask(rest, decided, rest.length)
          held = new Uint8Array(0)
          decided = 0
          return rest.length === 0 ? undefined : rest
        },
      }
    },
  }
}

/** Lists every form of every secret, without repeats; all of them ASCII. */
function collectForms(secrets: readonly Secret[]): string[] {
  const forms = new Set<string>()
  for (const secret of secrets) {
    const value = secret.reveal()
    const hex = [...encoder.encode(value)].map((byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    )
    const escaped = JSON.stringify(value).slice(1, -1)
    const candidates = [
      value,
      escaped,
      escaped.replaceAll('/', '\\/'),
      encodeURIComponent(value),
      encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
      hex,
      hex.toUpperCase(),
      ...base64Forms(value),
    ]
    for (const form of candidates) if (form.length >= MIN_NEEDLE) forms.add(form)
  }
  return [...forms]
}

/** Gives the characters of a base64 text that depend on the value alone, for each place it can start in a triple. */
function base64Forms(value: string): string[] {
  const forms: string[] = []
  for (let offset = 0; offset < 3; offset++) {
    const encoded = btoa('\0'.repeat(offset) + value)
    const first = Math.ceil((offset * 8) / 6)
    const last = Math.floor(((offset + value.length) * 8) / 6)
    const form = encoded.slice(first, last)
    forms.push(form, form.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms
}

interface Search {
  /**
   * Masks the needles that begin between two places, the longest where several do.
   * @returns where the last of them ends, or 0
   */
  mask(bytes: Uint8Array, from: number, until: number): number
  /** Counts the bytes at the end, from a place on, that may be the beginning of a needle. */
  openEnd(bytes: Uint8Array, from: number): number
}

function createSearch(needles: readonly Uint8Array[]): Search {
  if (needles.length === 0) return { mask: () => 0, openEnd: () => 0 }
  const window = Math.min(...needles.map((needle) => needle.length))
  const longest = Math.max(...needles.map((needle) => needle.length))
  const furthest = Math.min(window - 1, 255)
  const jump = new Uint8Array(65536).fill(furthest)
  for (const needle of needles) {
    for (let end = 1; end < window; end++) {
      const pair = (needle[end - 1]! << 8) | needle[end]!
      jump[pair] = Math.min(jump[pair]!, window - 1 - end)
    }
  }
  const firsts = new Set(needles.map((needle) => needle[0]!))

  function isAt(needle: Uint8Array, bytes: Uint8Array, start: number): boolean {
    if (start + needle.length > bytes.length) return false
    for (let i = 0; i < needle.length; i++) if (bytes[start + i] !== needle[i]) return false
    return true
  }

  return {
    mask(bytes, from, until) {
      let last = 0
      let end = from + window - 1
      while (end < bytes.length && end - window + 1 < until) {
        const step = jump[(bytes[end - 1]! << 8) | bytes[end]!]!
        if (step > 0) {
          end += step
          continue
        }
        const start = end - window + 1
        let masked = 0
        for (const needle of needles) {
          if (needle.length > masked && isAt(needle, bytes, start)) masked = needle.length
        }
        if (masked > 0) bytes.fill(MASK, start, last = start + masked)
        end += Math.max(masked, 1)
      }
      return last
    },
    openEnd(bytes, from) {
      for (let start = Math.max(from, bytes.length - longest + 1); start < bytes.length; start++) {
        if (!firsts.has(bytes[start]!)) continue
        const left = bytes.length - start
        for (const needle of needles) {
          if (needle.length > left && isAt(needle.subarray(0, left), bytes, start)) return left
        }
      }
      return 0
    },
  }
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length)
  whole.set(left)
  whole.set(right, left.length)
  return whole
}
