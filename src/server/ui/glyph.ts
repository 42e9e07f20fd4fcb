import { hash } from 'node:crypto'
import { raw } from 'hono/html'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** Side of the square on which a glyph is drawn. */
const SIDE = 32

/** How many colours the style sheet has for glyphs. */
const HUES = 6

interface Branch {
  x: number
  y: number
}

/**
 * Draws a small tree of descent that belongs to an id: always the same for one, hardly ever the same for two. A person
 * with many keys finds one again faster by its shape than by reading.
 */
export function glyph(id: string): Markup {
  const bytes = hash('sha256', id, 'buffer')
  const lines = growTree(bytes, {
    tips: 4 + bytes[30]! % 2,
    left: 3,
    right: SIDE - 6,
    height: SIDE,
  })
  return markup`<svg class="glyph hue-${
    bytes[31]! % HUES
  }" viewBox="0 0 ${SIDE} ${SIDE}" aria-hidden="true">${raw(lines)}</svg>`
}

/** What a tree is grown into. */
interface Space {
  tips: number
  left: number
  right: number
  height: number
}

/** Joins neighbours, tip by tip, until one branch is left; the bytes say which. */
function growTree(bytes: Uint8Array, { tips, left, right, height }: Space): string {
  const margin = height / 7
  const gap = (height - 2 * margin) / (tips - 1)
  const branches: Branch[] = Array.from(
    { length: tips },
    (_, index) => ({ x: right, y: margin + index * gap }),
  )
  let path = ''
  const dots = branches.map(({ x, y }, index) => {
    const isOpen = bytes[index % bytes.length]! & 1
    return `<circle${isOpen ? ' class="open"' : ''} cx="${x + 1.5}" cy="${round(y)}" r="2"/>`
  })
  for (let step = 1; step < tips; step++) {
    const at = bytes[step % bytes.length]! % (branches.length - 1)
    const [upper, lower] = branches.splice(at, 2) as [Branch, Branch]
    const x = right - (step * (right - left)) / tips
    path += `M${round(upper.x)} ${round(upper.y)}H${round(x)}V${round(lower.y)}H${round(lower.x)}`
    branches.splice(at, 0, { x, y: (upper.y + lower.y) / 2 })
  }
  const root = branches[0]!
  path += `M${round(root.x)} ${round(root.y)}H${left - 1}`
  return `<path d="${path}"/>${dots.join('')}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
