import assert from 'node:assert/strict'
import { test } from 'node:test'
import { glyph } from '../../../src/server/ui/glyph.ts'
import { parseLife } from '../../../src/server/ui/life.ts'
import { LIVES } from '../../../src/server/ui/tokens_page.ts'
import { parseLocalPath } from '../../../src/server/ui/local_path.ts'
import { renderDate, renderDistance, renderExact } from '../../../src/server/ui/moment.ts'
import { NOON } from '../../harness/api.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

test('renderDistance() says how far away a time is, in the unit that people would', async () => {
  const say = async (distance: number) =>
    />([^<]*)</.exec(String(await renderDistance(NOON + distance, NOON)))?.[1]
  const wanted: [number, string][] = [
    [0, 'just now'],
    [-29_000, 'just now'],
    [1, 'in less than a minute'],
    [-90_000, '1 minute ago'],
    [-59 * MINUTE, '59 minutes ago'],
    [-59.9 * MINUTE, '1 hour ago'],
    [-3 * HOUR, '3 hours ago'],
    [-23.9 * HOUR, 'yesterday'],
    [DAY, 'tomorrow'],
    [30 * DAY - 1, 'in 30 days'],
    [90 * DAY, 'in 3 months'],
    [365 * DAY, 'in 12 months'],
    [3650 * DAY, 'in 10 years'],
  ]
  for (const [distance, text] of wanted) assert.equal(await say(distance), text)
})

test('renderDate() and renderExact() write a time for people and for programs', async () => {
  assert.equal(
    String(await renderDate(NOON)),
    '<time datetime="2026-03-01T12:00:00.000Z" title="1 Mar 2026, 12:00 UTC" data-moment="date">1 Mar 2026</time>',
  )
  assert.match(String(await renderExact(NOON)), />1 Mar 2026, 12:00 UTC</)
})

test('glyph() draws the same for one id, and hardly ever the same for two', async () => {
  assert.equal(String(await glyph('a')), String(await glyph('a')))
  const drawn = new Set<string>()
  for (let i = 0; i < 100; i++) drawn.add(String(await glyph(`key ${i}`)))
  assert.ok(drawn.size > 90, `${drawn.size}`)
})

test('parseLife() takes every life that the page offers', () => {
  for (const [expiry] of LIVES) {
    const life = parseLife({ expiry, date: '2026-03-02' }, NOON)
    assert.ok('expiresAt' in life, expiry)
    if (life.expiresAt !== null) assert.ok(life.expiresAt > NOON)
  }
})

test('parseLocalPath() keeps the way to our pages, and to nothing else', () => {
  for (
    const path of [
      '/tokens',
      '/tokens/1?x=y',
      '/groups/a%2Fb',
      '/device?user_code=BCDF-GHJK',
      '/interaction/abc',
      '/account',
    ]
  ) {
    assert.equal(parseLocalPath(path), path)
  }
  for (
    const path of [null, undefined, '', 'tokens', '//tokens', '/tokensx', '/', '/api/v0/groups']
  ) {
    assert.equal(parseLocalPath(path), undefined, String(path))
  }
  assert.equal(parseLocalPath('/groups/../tokens'), '/tokens')
  assert.equal(parseLocalPath('/groups/../oidc/auth'), undefined)
})
