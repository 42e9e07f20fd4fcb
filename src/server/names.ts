import { display } from '#base'
import { Refusal } from './refusal.ts'

/** Longest name of a group, an account or a key, in characters. */
export const MAX_NAME = 64

/** Longest email address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets). */
export const MAX_EMAIL = 254

/**
 * Takes the name of a new group, account or key, in Unicode's composed form, so that two names that look the same in
 * different encodings are one.
 *
 * @param what what the name is for: "group"
 * @throws ERR_SERVER_REQUEST when it is empty, too long, or holds what a reader would not see
 */
export function parseName(value: string, what: string): string {
  const name = value.normalize('NFC')
  if (name.trim() !== name || name === '') {
    throw refuse(what, name, 'it is empty or has spaces around it')
  }
  if (name.length > MAX_NAME) throw refuse(what, name, `it is longer than ${MAX_NAME} characters`)
  // Controls, direction marks and the like would let one name pass for another on a terminal or in the web page.
  if (display(name) !== name) throw refuse(what, name, 'it holds characters that cannot be seen')
  return name
}

/**
 * Takes the name of a new group, which is also a segment of a path.
 *
 * @throws ERR_SERVER_REQUEST when it is no name, or no path could hold it
 */
export function parseGroupName(value: string): string {
  const name = parseName(value, 'group')
  if (/^\.{1,2}$|[/\\]/.test(name)) {
    throw refuse('group', name, 'it may not be ".", ".." or hold a slash')
  }
  return name
}

/**
 * Takes an email address in lower case. Mail alone could prove that it exists; here it is a name.
 *
 * @throws ERR_SERVER_REQUEST when it is not of the form a@b
 */
export function parseEmail(value: string): string {
  const email = value.toLowerCase()
  if (
    email.length > MAX_EMAIL || !/^[^\s@/\\]+@[^\s@/\\]+$/.test(email) || display(email) !== email
  ) {
    throw refuse('account', email, 'this is not an email address')
  }
  return email
}

function refuse(what: string, name: string, reason: string): Refusal {
  return new Refusal(400, `Cannot name the ${what} "${display(name, MAX_NAME)}": ${reason}`)
}
