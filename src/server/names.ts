import { display } from '#base'
import { MAX_EMAIL, MAX_NAME, MAX_PROJECT_NAME } from './limits.ts'
import { Refusal } from './refusal.ts'

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
  return checkText(value.normalize('NFC'), MAX_NAME)
}

function checkText(name: string, max: number): Fault {
  if (name.trim() !== name || name === '') return 'it is empty or has spaces around it'
  if (name.length > max) return `it is longer than ${max} characters`
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

/**
 * Takes the name of a new organization, which is also a segment of a path.
 *
 * @throws ERR_SERVER_REQUEST when it is no name, or no path could hold it
 */
export function parseOrganizationName(value: string): string {
  return parse(value.normalize('NFC'), 'organization', checkGroupName)
}

/**
 * Takes the name of a project, which may have slashes, as that of a repository has.
 *
 * @throws ERR_SERVER_REQUEST when it is empty, too long, or holds what a reader would not see
 */
export function parseProjectName(value: string): string {
  return parse(value.normalize('NFC'), 'project', (name) => checkText(name, MAX_PROJECT_NAME))
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
