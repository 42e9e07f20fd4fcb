import { PhylumError } from '#base'
import type { Environment } from '#config'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import process from 'node:process'

/** Answers whether a browser can be opened on this machine, for somebody who sees it. */
export function hasBrowser(environment: Environment): boolean {
  if (environment.BROWSER) return true
  // Over SSH it would open on the other machine's screen, or be a text browser in the middle of the terminal.
  if (environment.SSH_CONNECTION) return false
  if (process.platform !== 'linux') return true
  return Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY)
}

/**
 * Opens a page in the browser: the user's BROWSER, else the desktop's own. The address goes to the program as one argument, through no shell.
 *
 * @throws ERR_AUTH_LOGIN when it is no web address, or no program takes it
 */
export async function openBrowser(address: string, environment: Environment): Promise<void> {
  const url = URL.parse(address)
  // The address comes from the API: "file:", "-flag" or a scheme that starts a program would open something else than a page.
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw cannotOpen()
  const programs = environment.BROWSER
    ? readBrowser(environment.BROWSER, environment)
    : desktopOpener(environment)
  const { default: open } = await import('open')
  for (const app of programs) {
    try {
      // Awaited until it runs, not until it ends: a browser stays open.
      await open(url.href, app === DESKTOP ? {} : { app })
      return
    } catch {
      // The next one, perhaps.
    }
  }
  throw cannotOpen()
}

interface Program {
  name: string
  arguments: string[]
}

/** What the system itself opens pages with, where that has a fixed place. */
const DESKTOP: Program = { name: '', arguments: [] }

/** Reads BROWSER, as others do: commands separated by colons, in which "%s" at the end stands for the address. */
function readBrowser(text: string, environment: Environment): Program[] {
  return text.split(delimiter).flatMap((command) => {
    const [name = '', ...words] = command.trim().split(/\s+/)
    if (words.at(-1) === '%s') words.pop()
    const found = findProgram(name, environment)
    return found === undefined ? [] : [{ name: found, arguments: words }]
  })
}

function desktopOpener(environment: Environment): Program[] {
  if (process.platform !== 'linux') return [DESKTOP]
  const name = findProgram('xdg-open', environment)
  return name === undefined ? [] : [{ name, arguments: [] }]
}

/** Looks in the absolute directories of PATH alone: an entry "." would run a program of the directory one stands in. */
function findProgram(name: string, environment: Environment): string | undefined {
  if (name === '') return undefined
  if (process.platform !== 'linux') return name
  if (name.includes('/')) return isExecutable(name) ? name : undefined
  const places = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  return places.map((place) => join(place, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function cannotOpen(): PhylumError {
  return new PhylumError('ERR_AUTH_LOGIN', 'Cannot open the browser: no program for it was found')
}
