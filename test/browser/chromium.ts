import { existsSync } from 'node:fs'
import process from 'node:process'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Where a Chromium is: the one that PHYLUM_CHROMIUM names, or, where it is not set, one that is installed. */
export const CHROMIUM = [process.env['PHYLUM_CHROMIUM'] ?? PLACES].flat().find(existsSync)

/** Why tests with a browser are skipped, for the runner's `skip`. */
export const SKIP = CHROMIUM === undefined
  ? 'no Chromium: install Debian\'s "chromium", or name one in PHYLUM_CHROMIUM'
  : false

/** Starts a browser that asks nobody on the network for anything. */
export async function launch(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM!,
    headless: true,
    // "Back" shows pages from memory, as it does for people; Playwright switches that off.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
