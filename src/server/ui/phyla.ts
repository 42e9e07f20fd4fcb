import { raw } from 'hono/html'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** A phylum, or a branch with what came of it. */
type Branch = string | readonly Branch[]

/** The animal phyla, or most of them, by descent as it is mostly seen today. */
const ANIMALS: Branch = [
  'Porifera',
  [
    'Ctenophora',
    [
      ['Placozoa', 'Cnidaria'],
      [
        'Xenacoelomorpha',
        [
          [['Echinodermata', 'Hemichordata'], 'Chordata'],
          [
            [
              ['Priapulida', 'Kinorhyncha'],
              [['Nematoda', 'Nematomorpha'], ['Tardigrada', ['Onychophora', 'Arthropoda']]],
            ],
            [
              ['Rotifera', 'Chaetognatha'],
              [
                ['Gastrotricha', 'Platyhelminthes'],
                [
                  ['Bryozoa', ['Phoronida', 'Brachiopoda']],
                  ['Mollusca', ['Nemertea', 'Annelida']],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
]

const GAP = 26
const DEPTH = 29
const TIPS = 352

/** Draws the tree that stands beside the forms before sign-in. It says nothing that anybody needs, so it is not read out. */
export function drawPhyla(): Markup {
  let count = 0
  let path = ''
  let tips = ''
  const place = (branch: Branch, depth: number): number => {
    const x = depth * DEPTH
    if (typeof branch === 'string') {
      const y = GAP * ++count
      path += `M${x} ${y}H${TIPS}`
      tips += `<circle cx="${TIPS + 3}" cy="${y}" r="3"/><text x="${TIPS + 14}" y="${
        y + 5
      }">${branch}</text>`
      return y
    }
    const heights = branch.map((each) => place(each, depth + 1))
    const [top, bottom] = [heights[0]!, heights.at(-1)!]
    const y = Math.round((top + bottom) / 2)
    path += `M${x} ${y}H${x + DEPTH}M${x + DEPTH} ${top}V${bottom}`
    return y
  }
  place(ANIMALS, 0)
  return markup`<svg class="phyla" viewBox="0 0 480 ${GAP * (count + 1)}" aria-hidden="true">${
    raw(`<path d="${path}"/>${tips}`)
  }</svg>`
}
