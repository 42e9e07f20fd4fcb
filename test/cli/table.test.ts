import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderTable } from '../../src/cli/table.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

/** All of a terminal that a table looks at. */
function terminalOf(width: number): Terminal {
  return { isTable: true, width, paint: (_style: string, text: string) => text } as Terminal
}

const HEADINGS = ['NAME', 'VERSION', 'SOURCE', 'DESCRIPTION']
const ROW = ['dependency-report', '10.20.30', 'git+https://example.com/x.git', 'x'.repeat(200)]

test('renderTable() fits the terminal, and cuts the names that one has to type last', () => {
  for (const width of [200, 80, 60, 45]) {
    const lines = renderTable(terminalOf(width), HEADINGS, [ROW]).split('\n')
    assert.ok(lines.every((line) => line.length <= width), `${width}: ${lines.join('\n')}`)
    assert.equal(lines[1]?.split(' ')[0], ROW[0], String(width))
  }
  const narrow = renderTable(terminalOf(40), HEADINGS, [ROW]).split('\n')
  assert.ok(narrow.every((line) => line.length <= 40), narrow.join('\n'))
  // Where nothing fits, nothing is lost in a loop.
  for (const width of [1, 0]) assert.match(renderTable(terminalOf(width), ['A'], [['b']]), /b/)
})
