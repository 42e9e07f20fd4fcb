import type { Page } from 'playwright-core'
import { ASSETS_BY_PATH } from '../../src/server/ui/assets.ts'
import { writePolicy } from '../../src/server/ui/response.ts'
import { GALLERY } from './gallery.ts'

/** Where the pages of the gallery are, for a browser that goes through `serveGallery()`. */
export const GALLERY_URL = 'http://localhost:1'

/** Answers a page's requests with the gallery, under the policy of the real pages, without a server. */
export async function serveGallery(page: Page): Promise<void> {
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url())
    const asset = ASSETS_BY_PATH.get(pathname)
    if (asset !== undefined) {
      return await route.fulfill({ contentType: asset.type, body: asset.text })
    }
    const markup = GALLERY[pathname.slice(1)]
    if (markup === undefined) return await route.fulfill({ status: 404 })
    await route.fulfill({
      contentType: 'text/html; charset=utf-8',
      headers: { 'content-security-policy': writePolicy() },
      body: String(await markup),
    })
  })
}
