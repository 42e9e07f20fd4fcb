import assert from 'node:assert/strict'
import { test } from 'node:test'
import { git } from './git.ts'
import { checkTopLevel, TOP_LEVEL } from './top_level.ts'

const tracked = git('ls-files', '-z')?.split('\0').filter(Boolean)

test('the top of the repository is a closed list', {
  skip: tracked === undefined && 'there is no git repository here',
}, () => {
  assert.deepEqual(checkTopLevel(tracked!), { extra: [], missing: [] })
})

test('checkTopLevel() tells of what is there without being listed, and the other way round', () => {
  const paths = TOP_LEVEL.filter((entry) => entry !== 'LICENSE').map((entry) => `${entry}/x`)
  assert.deepEqual(checkTopLevel([...paths, 'docs/a.md', '.env']), {
    extra: ['docs', '.env'],
    missing: ['LICENSE'],
  })
})
