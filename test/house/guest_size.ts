/**
 * Largest guest, in bytes: the engine reads it at each run. What a run does not use costs it little, for engines compile a function
 * when it is called: 8 KiB of such cost less than can be measured.
 */
export const MAX_GUEST = 32 * 1024

/** What the guest has no business knowing. */
const SECRETS = [/PHYLUM_API_KEY/i, /authorization/i, /bearer/i, /settings\.yaml/i, /ph0_/]

/** Finds fault with the bundled guest. */
export function checkGuest(source: string): string[] {
  const size = new TextEncoder().encode(source).length
  const faults = SECRETS.filter((each) => each.test(source)).map((each) => `it knows of ${each}`)
  if (size >= MAX_GUEST) faults.push(`it has ${size} bytes, and may have ${MAX_GUEST}`)
  return faults
}
