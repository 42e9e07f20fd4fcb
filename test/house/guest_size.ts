/** Largest guest, in bytes: the engine reads it at each run. */
export const MAX_GUEST = 16 * 1024

/** What the guest has no business knowing. */
const SECRETS = [/PHYLUM_API_KEY/i, /authorization/i, /bearer/i, /settings\.yaml/i, /ph0_/]

/** Finds fault with the bundled guest. */
export function checkGuest(source: string): string[] {
  const size = new TextEncoder().encode(source).length
  const faults = SECRETS.filter((each) => each.test(source)).map((each) => `it knows of ${each}`)
  if (size >= MAX_GUEST) faults.push(`it has ${size} bytes, and may have ${MAX_GUEST}`)
  return faults
}
