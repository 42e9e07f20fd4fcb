import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withHome } from '../harness/phylum.ts'

test(
  'many phylums at once in a fresh home lay out the bundled extensions, and none is disturbed by another',
  withHome(async (home) => {
    for (let round = 0; round < 8; round++) {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => home.phylum('executable', ['ext', 'list', '--json'])),
      )
      for (const { code, stdout, stderr } of outcomes) {
        assert.deepEqual([code, stderr], [0, ''])
        const names = JSON.parse(stdout).extensions.map((each: { name: string }) => each.name)
        assert.deepEqual(names, ['fetch', 'groups'])
      }
      rmSync(join(home.path, 'data'), { recursive: true })
    }
  }),
)
