import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSubject } from './commits.ts'
import { git } from './git.ts'

/** How far back is looked; what is older has been judged when it was new. */
const RECENT = 200

const log = git('log', '--no-merges', `--max-count=${RECENT}`, '--format=%s')

test('commits say which room they are about', {
  skip: log === undefined && 'there is no git repository here',
}, () => {
  assert.deepEqual(log!.trim().split('\n').map(checkSubject).filter(Boolean), [])
})

test('checkSubject() refuses what is not "type(room): what"', () => {
  assert.match(checkSubject('Fix the broker') ?? '', /is not "type/)
  assert.match(checkSubject('fix(broker) refuse it') ?? '', /is not "type/)
  assert.match(checkSubject('fix(broker):refuse it') ?? '', /is not "type/)
  assert.match(checkSubject('wip(broker): refuse it') ?? '', /is no type/)
  assert.match(checkSubject('fix(brokers): refuse it') ?? '', /is no room/)
  assert.match(checkSubject('fix(broker,utils): refuse it') ?? '', /is no room/)
  assert.match(checkSubject('feat: refuse it') ?? '', /names no room/)
  assert.match(checkSubject('fix(broker): refuse it.') ?? '', /full stop/)
  assert.match(checkSubject(`fix(broker): ${'x'.repeat(100)}`) ?? '', /longer/)
})

test('checkSubject() accepts the conventional', () => {
  for (
    const subject of [
      'fix(broker): refuse redirects that leave the origin',
      'feat(cli)!: drop a flag',
      'test(house): floors and doors',
      'test(config,auth): name each fault',
      'docs: how to begin',
      'Revert "feat(cli): x"',
    ]
  ) assert.equal(checkSubject(subject), undefined)
})
