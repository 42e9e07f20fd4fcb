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
  const { default: open } = await import('open')
  const candidates = environment.BROWSER ? readBrowser(environment.BROWSER) : [undefined]
  for (const app of candidates) {
    try {
      const program = app ?? desktopOpener(environment)
      // Awaited until it runs, not until it ends: a browser stays open.
      await open(url.href, program === undefined ? {} : { app: program })
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

/** Reads BROWSER, as others do: commands separated by colons, in which "%s" at the end stands for the address. */
function readBrowser(text: string): Program[] {
  return text.split(delimiter).flatMap((command) => {
    const [name, ...words] = command.trim().split(/\s+/)
    if (name === undefined || name === '') return []
    if (words.at(-1) === '%s') words.pop()
    return [{ name, arguments: words }]
  })
}

/**
 * Finds the desktop's opener among the absolute directories of PATH: an entry "." would run a program of the directory one stands in. Other
 * systems than Linux have it at a fixed place.
 */
function desktopOpener(environment: Environment): Program | undefined {
  if (process.platform !== 'linux') return undefined
  const places = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  const name = places.map((place) => join(place, 'xdg-open')).find(isExecutable)
  if (name === undefined) throw cannotOpen()
  return { name, arguments: [] }
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
