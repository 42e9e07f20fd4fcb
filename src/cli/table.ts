import { display } from '#base'
import widthOf from 'string-width'
import type { Terminal } from './terminal.ts'

/** Lays out rows: aligned and cut to the terminal for people, tab-separated and whole for programs. */
export function renderTable(
  terminal: Terminal,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (!terminal.isTable) {
    return rows.map((row) => row.map((cell) => display(cell, Infinity)).join('\t')).join('\n')
  }
  const shown = rows.map((row) => row.map((cell) => display(cell)))
  const widths = headings.map((heading, column) =>
    Math.max(widthOf(heading), ...shown.map((row) => widthOf(row[column] ?? '')))
  )
  fit(widths, terminal.width - 2 * (widths.length - 1))
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => pad(cell, widths[column]!)).join('  ').trimEnd()
  return [terminal.paint('bold', line(headings)), ...shown.map(line)].join('\n')
}

/** Least width of a column that is cut. */
const LEAST = 6

/** Takes columns away from the widest until the row fits; the first holds names, which one has to type, and is cut last. */
function fit(widths: number[], room: number): void {
  for (const first of [1, 0]) {
    while (widths.reduce((sum, width) => sum + width, 0) > room) {
      const widest = widths.indexOf(Math.max(...widths.slice(first)), first)
      if (widest === -1 || widths[widest]! <= LEAST) break
      widths[widest]! -= 1
    }
  }
}

function pad(text: string, width: number): string {
  let cut = text
  if (widthOf(cut) > width) {
    const characters = [...cut]
    while (characters.length > 0 && widthOf(characters.join('')) > width - 1) characters.pop()
    cut = `${characters.join('')}…`
  }
  return cut + ' '.repeat(Math.max(0, width - widthOf(cut)))
}
