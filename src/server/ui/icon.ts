import { raw } from 'hono/html'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

// Drawn for this program, on a square of 20, in the colour of the text beside them.
const SHAPES = {
  check: '<path d="m4.5 10.5 3.5 3.5 7.5-8"/>',
  down: '<path d="m6 8 4 4 4-4"/>',
  key: '<circle cx="7" cy="13" r="3.5"/><path d="m9.5 10.5 6.5-6.5m-3 3 2.5 2.5"/>',
  people:
    '<circle cx="7.5" cy="7" r="2.75"/><path d="M2.5 16.5c.4-3 2.4-4.5 5-4.5s4.6 1.5 5 4.5M13 4.6a2.6 2.6 0 0 1 0 4.9m1.7 3c1.6.6 2.6 2 2.8 4"/>',
  shield: '<path d="M10 2.8 4 5v4.5c0 3.7 2.4 6.3 6 7.7 3.6-1.4 6-4 6-7.7V5Z"/>',
  leave: '<path d="M8 3.5H4.5v13H8M12.5 6.5 16 10l-3.5 3.5M8.5 10H16"/>',
  warning: '<path d="M10 3.2 2.6 16.2h14.8ZM10 8v4m0 2.2v.1"/>',
  copy:
    '<rect x="7" y="7" width="9.5" height="9.5" rx="2"/><path d="M13 4.5a1.5 1.5 0 0 0-1.5-1.5H5A2 2 0 0 0 3 5v6.5A1.5 1.5 0 0 0 4.5 13"/>',
  plus: '<path d="M10 4v12M4 10h12"/>',
  box: '<path d="M10 2.8 3.5 6.4v7.2l6.5 3.6 6.5-3.6V6.4ZM3.5 6.4 10 10l6.5-3.6M10 10v7.2"/>',
  back: '<path d="m11.5 5-5 5 5 5"/>',
  device:
    '<rect x="2.5" y="3.5" width="15" height="11" rx="1.8"/><path d="m6 7.5 2 1.8-2 1.8m4 .4h3.5M7 17.5h6"/>',
} as const

/** Draws a small picture that says nothing which the text beside it does not say. */
export function icon(name: keyof typeof SHAPES): Markup {
  return markup`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${raw(SHAPES[name])}</svg>`
}

/** The mark: a tree of descent with three tips, which is what a phylum is a part of. */
export const MARK =
  '<path d="M2 17h6M8 9v14.5M8 9h10M18 4.5v9M18 4.5h8M18 13.5h8M8 23.5h18"/><circle cx="27" cy="4.5" r="2.5"/><circle cx="27" cy="13.5" r="2.5"/><circle cx="27" cy="23.5" r="2.5"/>'

/** Draws the mark. */
export function logo(): Markup {
  return markup`<svg class="logo" viewBox="0 0 32 28" aria-hidden="true">${raw(MARK)}</svg>`
}
