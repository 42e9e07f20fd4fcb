import { hash } from 'node:crypto'
import { SCRIPT, STYLE } from './assets.generated.ts'
import { MARK } from './icon.ts'

/** A file that pages load, which the program carries within itself. */
export interface Asset {
  /** Its address, with a hash of its content: whoever keeps it for ever never keeps an old one. */
  path: string
  type: string
  text: string
}

const ICON =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -3 33 34" fill="none" stroke="#2b7a5d" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">${MARK}</svg>`

export const ASSETS = {
  style: describe('style', 'css', 'text/css; charset=utf-8', STYLE),
  script: describe('script', 'js', 'text/javascript; charset=utf-8', SCRIPT),
  icon: describe('icon', 'svg', 'image/svg+xml', ICON),
} as const

/** Every asset by its address. */
export const ASSETS_BY_PATH: ReadonlyMap<string, Asset> = new Map(
  Object.values(ASSETS).map((asset) => [asset.path, asset]),
)

function describe(name: string, extension: string, type: string, text: string): Asset {
  const digest = hash('sha256', text, 'hex').slice(0, 16)
  return { path: `/assets/${name}.${digest}.${extension}`, type, text }
}
