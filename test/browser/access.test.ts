import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { launch, SKIP } from './chromium.ts'
import { GALLERY } from './gallery.ts'
import { GALLERY_URL, serveGallery } from './gallery_page.ts'

let browser: Browser
let page: Page
before(async () => {
  if (SKIP) return
  browser = await launch()
  page = await browser.newPage({ reducedMotion: 'reduce' })
  await serveGallery(page)
})
after(async () => await browser?.close())

/** What is wrong with a page, for people who see, hear or move otherwise. */
interface Violation {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

/** Rules of axe-core whose answer depends on colours and widths, and not on the markup alone. */
const VISUAL = [
  'color-contrast',
  'link-in-text-block',
  'scrollable-region-focusable',
  'target-size',
]

/** Asks axe-core, which finds what a program can find: best practices, too. */
async function judge(page: Page, rules?: readonly string[]): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...rules && { runOnly: rules } }
  const violations = await page.evaluate(async (options) => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> }
    }
    return (await axe.run(options)).violations
  }, options)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  )
}

/** How a page is looked at: the whole of it both ways that differ most, the rest as far as it can differ. */
const LOOKS = [
  { colorScheme: 'light', width: 1280, rules: undefined },
  { colorScheme: 'dark', width: 1280, rules: VISUAL },
  { colorScheme: 'light', width: 360, rules: VISUAL },
  { colorScheme: 'dark', width: 360, rules: undefined },
] as const

for (const name of Object.keys(GALLERY)) {
  test(`everybody can use the page ${name}, in light and dark, wide and narrow`, {
    skip: SKIP,
  }, async () => {
    await page.goto(`${GALLERY_URL}/${name}`)
    await page.evaluate(axe.source)
    for (const { colorScheme, width, rules } of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.setViewportSize({ width, height: 800 })
      const where = `${name}, ${colorScheme}, ${width} px`
      assert.deepEqual(await judge(page, rules), [], where)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(wide <= width, `${where}: one has to scroll sideways, by ${wide - width} px`)
    }
  })
}

test(
  'the open menu can be used by everybody, and lies within the window',
  { skip: SKIP },
  async () => {
    await page.goto(`${GALLERY_URL}/tokens`)
    await page.evaluate(axe.source)
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      await page.getByRole('button', { name: 'User menu of Ann Lovelace' }).click()
      assert.deepEqual(await judge(page), [])
      const box = await page.locator('#user-menu').boundingBox()
      assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box))
      await page.keyboard.press('Escape')
      assert.ok(!await page.locator('#user-menu').isVisible())
    }
  },
)

test(
  'judge() finds a field without a label, and text that is too pale',
  { skip: SKIP },
  async () => {
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(`${GALLERY_URL}/sign_in`)
    await page.evaluate(() => {
      document.querySelector('label')?.remove()
      document.documentElement.style.setProperty('--soft', '#999')
    })
    await page.evaluate(axe.source)
    assert.match((await judge(page)).join('\n'), /^label:/m)
    assert.match((await judge(page, VISUAL)).join('\n'), /^color-contrast:/m)
  },
)
