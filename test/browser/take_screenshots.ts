/**
 * Takes pictures of every page, to be looked at: `bun test/browser/take_screenshots.ts DIRECTORY [NAME…]`. Light and dark,
 * wide and narrow.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { launch } from './chromium.ts'
import { GALLERY } from './gallery.ts'
import { GALLERY_URL, serveGallery } from './gallery_page.ts'

const [directory, ...names] = process.argv.slice(2)
if (directory === undefined) throw new Error('name a directory')
mkdirSync(directory, { recursive: true })
const browser = await launch()
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 800 },
        reducedMotion: 'reduce',
      })
      const page = await context.newPage()
      await serveGallery(page)
      for (const name of names.length > 0 ? names : Object.keys(GALLERY)) {
        await page.goto(`${GALLERY_URL}/${name}`)
        const path = join(directory, `${name}.${colorScheme}.${width}.png`)
        const isModal = await page.locator('dialog:modal').count() > 0
        await page.screenshot({ path, fullPage: !isModal })
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
}
