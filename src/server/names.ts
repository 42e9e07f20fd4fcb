import { display } from '#base'
import { Refusal } from './refusal.ts'

/** Longest name of a group, an account or a key, in characters. */
export const MAX_NAME = 64

/** Longest email address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets). */
export const MAX_EMAIL = 254

/** What is wrong with a name, as the state of an error; nothing when it may be used. */
export type Fault = string | undefined

/**
 * Takes the name of a new group, account or key, in Unicode's composed form, so that two names that look the same in
 * different encodings are one.
 *
 * @param what what the name is for: "group"
 * @throws ERR_SERVER_REQUEST when it is empty, too long, or holds what a reader would not see
 */
export function parseName(value: string, what: string): string {
  return parse(value.normalize('NFC'), what, checkName)
}

/** Finds fault with a name. */
export function checkName(value: string): Fault {
  const name = value.normalize('NFC')
  if (name.trim() !== name || name === '') return 'it is empty or has spaces around it'
  if (name.length > MAX_NAME) return `it is longer than ${MAX_NAME} characters`
  // Controls, direction marks and the like would let one name pass for another on a terminal or in the web page.
  return display(name) === name ? undefined : 'it holds characters that cannot be seen'
}

/**
 * Takes the name of a new group, which is also a segment of a path.
 *
 * @throws ERR_SERVER_REQUEST when it is no name, or no path could hold it
 */
export function parseGroupName(value: string): string {
  return parse(value.normalize('NFC'), 'group', checkGroupName)
}

/** Finds fault with the name of a group. */
export function checkGroupName(value: string): Fault {
  return checkName(value) ??
    (/^\.{1,2}$|[/\\]/.test(value) ? 'it may not be ".", ".." or hold a slash' : undefined)
}

/**
 * Takes an email address in lower case. Mail alone could prove that it exists; here it is a name.
 *
 * @throws ERR_SERVER_REQUEST when it is not of the form a@b
 */
export function parseEmail(value: string): string {
  return parse(value.toLowerCase(), 'account', checkEmail)
}

/** Finds fault with an email address. */
export function checkEmail(value: string): Fault {
  const isEmail = value.length <= MAX_EMAIL && /^[^\s@/\\]+@[^\s@/\\]+$/.test(value) &&
    display(value) === value
  return isEmail ? undefined : 'this is not an email address'
}

function parse(name: string, what: string, check: (name: string) => Fault): string {
  const fault = check(name)
  if (fault === undefined) return name
  throw new Refusal(400, `Cannot name the ${what} "${display(name, MAX_NAME)}": ${fault}`)
}
