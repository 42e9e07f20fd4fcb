import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { launch, SKIP } from './chromium.ts'
import { GALLERY } from './gallery.ts'
import { GALLERY_URL, serveGallery } from './gallery_page.ts'

let browser: Browser
before(async () => {
  if (!SKIP) browser = await launch()
})
after(async () => await browser?.close())

/** What is wrong with a page, for people who see, hear or move otherwise. */
interface Violation {
  id: string
  nodes: { html: string; failureSummary?: string }[]
}

/** Asks axe-core, which finds what a program can find. */
async function judge(page: Page): Promise<string[]> {
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> }
    }
    // Without limits on tags: best practices, too.
    return (await axe.run({ resultTypes: ['violations'] })).violations
  })
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`)
  )
}

const WIDTHS = [1280, 360]

async function openGallery(): Promise<Page> {
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  await serveGallery(page)
  return page
}

for (const name of Object.keys(GALLERY)) {
  test(`everybody can use the page ${name}, in light and dark, wide and narrow`, {
    skip: SKIP,
  }, async () => {
    const page = await openGallery()
    try {
      await page.goto(`${GALLERY_URL}/${name}`)
      await page.evaluate(axe.source)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 })
          const where = `${name}, ${colorScheme}, ${width} px`
          assert.deepEqual(await judge(page), [], where)
          const wide = await page.evaluate(() => document.documentElement.scrollWidth)
          assert.ok(wide <= width, `${where}: one has to scroll sideways, by ${wide - width} px`)
        }
      }
    } finally {
      await page.close()
    }
  })
}

test('the open menu can be used by everybody, and lies within the window', { skip: SKIP }, async () => {
  const page = await openGallery()
  try {
    await page.goto(`${GALLERY_URL}/tokens`)
    await page.evaluate(axe.source)
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      await page.getByRole('button', { name: 'User menu of Ann Lovelace' }).click()
      assert.deepEqual(await judge(page), [])
      const box = await page.locator('#user-menu').boundingBox()
      assert.ok(box && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box))
      await page.keyboard.press('Escape')
      assert.ok(!await page.locator('#user-menu').isVisible())
    }
  } finally {
    await page.close()
  }
})

test('what axe-core is asked, it answers: it finds a field without a label', { skip: SKIP }, async () => {
  const page = await openGallery()
  try {
    await page.goto(`${GALLERY_URL}/sign_in`)
    await page.evaluate(() => document.querySelector('label')?.remove())
    await page.evaluate(axe.source)
    assert.match((await judge(page)).join(), /label/)
  } finally {
    await page.close()
  }
})
