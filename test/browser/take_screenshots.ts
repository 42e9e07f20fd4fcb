/**
 * Takes pictures of every page, to be looked at: `bun test/browser/take_screenshots.ts DIRECTORY [NAME…]`. Light and dark,
 * wide and narrow.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { launch } from './chromium.ts'
import { GALLERY } from './gallery.ts'
import { ASSETS_BY_PATH } from '../../src/server/ui/assets.ts'

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
      await context.route('**/*', async (route) => {
        const { pathname } = new URL(route.request().url())
        const asset = ASSETS_BY_PATH.get(pathname)
        if (asset) return await route.fulfill({ contentType: asset.type, body: asset.text })
        const markup = GALLERY[pathname.slice(1)]
        if (markup === undefined) return await route.fulfill({ status: 404 })
        await route.fulfill({ contentType: 'text/html', body: String(await markup) })
      })
      for (const name of names.length > 0 ? names : Object.keys(GALLERY)) {
        await page.goto(`http://localhost:1/${name}`)
        await page.screenshot({
          path: join(directory, `${name}.${colorScheme}.${width}.png`),
          fullPage: true,
        })
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
}
