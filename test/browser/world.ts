import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { startServer } from '#server'
import type { RunningServer } from '#server'
import { beginSession } from '../../src/server/session.ts'
import { createRecordingLog } from '../harness/recording_log.ts'
import type { RecordingLog } from '../harness/recording_log.ts'
import { CHROMIUM, launch } from './chromium.ts'

export { SKIP } from './chromium.ts'

/** A password that nobody guesses. */
export const PASSWORD = 'seven herons over the mill'

/** A real server, and a real browser before it. */
export interface World {
  readonly server: RunningServer
  readonly url: string
  readonly log: RecordingLog
  /** Opens a window of a browser that nobody has used. Whatever goes wrong in its pages makes the test fail. */
  open(options?: BrowserContextOptions): Promise<Page>
  /** Opens a window of a browser in which somebody is signed in. */
  openAs(name: string, options?: BrowserContextOptions): Promise<Page>
}

const clock = { now: () => Date.now() }

/** Starts a server and a browser for the tests of a file. Without a browser nothing is started: they are skipped. */
export function prepareWorld(): World {
  const log = createRecordingLog()
  let server: RunningServer
  let browser: Browser
  before(async () => {
    if (CHROMIUM === undefined) return
    server = await startServer({ database: ':memory:', port: 0, clock, log })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })

  const world: World = {
    get server() {
      return server
    },
    get url() {
      return server.url
    },
    log,
    async open(options) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(30_000)
      const page = await context.newPage()
      watch(page, server.url)
      return page
    },
    async openAs(name, options) {
      const page = await world.open(options)
      await signIn(page.context(), world, name)
      return page
    },
  }
  return world
}

/** Gives a browser a session, without the forms and the half second that a password takes. */
async function signIn(context: BrowserContext, { server, url }: World, name: string) {
  const email = `${name.toLowerCase()}@example.org`
  const user = await server.store.createUser({ email, name }) ?? await server.store.findUser(email)
  const id = await beginSession(server.store, clock, user!.id)
  const { hostname, port } = new URL(url)
  await context.addCookies([
    { name: `phylum_visit_${port}`, value: id, domain: hostname, path: '/', httpOnly: true },
  ])
}

const problems = new WeakMap<Page, string[]>()

/** Notes what no page may do: fail, break its policy, or ask for something that is not there or not ours. */
function watch(page: Page, url: string): void {
  const found: string[] = []
  problems.set(page, found)
  page.on('pageerror', (error) => found.push(error.message))
  page.on('console', (message) => {
    // What pages of others do is their matter.
    const isOurs = message.location().url.startsWith(url)
    if (message.type() === 'error' && isOurs) found.push(message.text())
  })
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
}

/** Fails when something went wrong in a page that the test did not expect; closes its browser. */
export async function finish(page: Page, expected?: RegExp): Promise<void> {
  const found = (problems.get(page) ?? []).filter((each) => !expected?.test(each))
  await page.context().close()
  assert.deepEqual(found, [])
}

/** Sends a request with a key, as curl does. */
export async function useKey(url: string, key: string): Promise<number> {
  const child = Bun.spawn([
    ...['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}'],
    ...['--header', `Authorization: Bearer ${key}`, `${url}/api/v0/groups`],
  ])
  return Number(await new Response(child.stdout).text())
}
