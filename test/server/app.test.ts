import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PhylumError } from '#base'
import type { Store } from '../../src/server/store.ts'
import { assertRefused, withApi } from '../harness/api.ts'

test(
  'createApp() tells that it is alive, without a key',
  withApi(async (api) => {
    const reply = await api.ask('GET', '/api/v0/health')
    assert.equal(reply.status, 200)
    assert.equal(reply.text, '{"response":"alive"}')
    const head = await api.ask('HEAD', '/api/v0/health')
    assert.equal(head.status, 200)
    assert.equal(head.text, '')
  }),
)

test(
  'createApp() tells that it is ready while its database answers, and that it is alive in any case',
  withApi(async (api) => {
    assert.equal((await api.ask('GET', '/readyz')).text, '{"status":"ready"}')
    assert.equal((await api.ask('GET', '/healthz')).text, '{"status":"alive"}')
    await api.store.close()
    const reply = await api.ask('GET', '/readyz')
    assert.equal(assertRefused(reply, 503), 'Cannot reach the database: try again in a moment')
    for (const path of ['/healthz', '/api/v0/health']) {
      assert.equal((await api.ask('GET', path)).status, 200)
    }
  }),
)

test(
  'createApp() answers an unknown path in the format of its errors',
  withApi(async (api) => {
    for (
      const path of [
        '/nothing',
        '/api',
        '/api/v0',
        '/api/v0/groups/',
        '/api/v0//groups',
        '/API/v0/groups',
        '/api/v0/groups/a/b',
      ]
    ) {
      const reply = await api.ask('GET', path)
      assert.match(assertRefused(reply, 404), /the API has no such path$/, path)
      assert.equal(reply.body.error.error_id, 'ERR_API_NOT_FOUND')
    }
    const odd = await api.ask('GET', '/%1b%5b2J%e2%80%ae<script>')
    assert.match(assertRefused(odd, 404), /^[\x20-\x7e]+$/)
  }),
)

test(
  'createApp() answers a known path that is asked with another method with 405 and the methods',
  withApi(async (api) => {
    const cases: [string, string, string][] = [
      ['PUT', '/api/v0/groups', 'GET, HEAD, POST'],
      ['PATCH', '/api/v0/groups', 'GET, HEAD, POST'],
      ['OPTIONS', '/api/v0/groups', 'GET, HEAD, POST'],
      ['GET', '/api/v0/groups/blue', 'DELETE'],
      ['HEAD', '/api/v0/groups/blue', 'DELETE'],
      ['POST', '/api/v0/groups/blue/members', 'GET, HEAD'],
      ['GET', '/api/v0/groups/blue/members/a@b.c', 'POST, DELETE'],
      ['POST', '/api/v0/health', 'GET, HEAD'],
      ['GET', '/locksmith/v1/revoke', 'POST'],
    ]
    for (const [method, path, allow] of cases) {
      const reply = await api.ask(method, path)
      assert.equal(reply.status, 405, `${method} ${path}`)
      assert.equal(reply.headers.get('allow'), allow)
    }
  }),
)

test(
  'O201 createApp() keeps SQL, markup and escapes in a name what they are: text',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const names = [
      `'; DROP TABLE groups; --`,
      `" OR ""="`,
      `x'; DELETE FROM users WHERE '1'='1`,
      `<script>alert(1)</script>`.replaceAll('/', ''),
      `{{7*7}}\${7*7}`,
      `%27 OR 1=1`,
      `_%`,
      `🦆`,
    ]
    for (const group_name of names) {
      const made = await ann.ask('POST', '/api/v0/groups', { group_name })
      assert.equal(made.body.group_name, group_name)
    }
    const { groups } = (await ann.ask('GET', '/api/v0/groups')).body
    assert.deepEqual(
      groups.map((group: { group_name: string }) => group.group_name).sort(),
      [...names].sort(),
    )
    for (
      const injection of [
        `' OR '1'='1`,
        `x') OR 1=1 --`,
        `x' UNION SELECT * FROM users --`,
        '%',
        '*',
      ]
    ) {
      const segment = encodeURIComponent(injection)
      assertRefused(await ann.ask('DELETE', `/api/v0/groups/${segment}`), 404)
      assertRefused(await ann.ask('GET', `/api/v0/groups/${segment}/members`), 404)
      assertRefused(await ann.ask('POST', `/api/v0/groups/_%25/members/${segment}`), 404)
      assertRefused(await ann.ask('DELETE', `/api/v0/groups/_%25/members/${segment}`), 404)
      assertRefused(await ann.ask('POST', '/locksmith/v1/revoke', { name: injection }), 404)
    }
    for (const group_name of names) {
      const reply = await ann.ask('DELETE', `/api/v0/groups/${encodeURIComponent(group_name)}`)
      assert.equal(reply.status, 204, group_name)
    }
  }),
)

test(
  'O201 createApp() refuses names that a reader would not see as they are',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    for (
      const group_name of [
        'a\nb',
        'a\u0000b',
        'a\u001b[2J',
        'a\u009b2J',
        'a\u202eb',
        'a\u200bb',
        'a\u2028b',
        '\ud800',
        ' a',
        'a\t',
        ' ',
        '\u00a0',
        '.',
        '..',
        'a/b',
        'a\\b',
      ]
    ) {
      const reply = await ann.ask('POST', '/api/v0/groups', { group_name })
      const description = assertRefused(reply, 400)
      assert.match(description, /^Cannot name the group "/, JSON.stringify(group_name))
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(description, /[\u0000-\u001f\u007f-\u009f\u200b\u2028\u202e]/)
    }
    assert.equal((await ann.ask('GET', '/api/v0/groups')).text, '{"groups":[]}')
  }),
)

test(
  'createApp() answers a path that cannot be decoded like one that names nothing',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    for (const segment of ['%', '%zz', '%ff', '%00', '%2e%2e%2f', '%252e']) {
      assertRefused(await ann.ask('GET', `/api/v0/groups/${segment}/members`), 404)
    }
  }),
)

/** A store whose groups cannot be read. */
function breakGroups(error: unknown): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get: (target, name) =>
        name === 'listGroups'
          ? () => Promise.reject(error)
          : Reflect.get(target, name).bind(target),
    })
}

test(
  'createApp() answers 503 when the database fails, and keeps its path to the log',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const reply = await ann.ask('GET', '/api/v0/groups')
    assert.equal(
      assertRefused(reply, 503),
      'Cannot reach the database: try again in a moment',
    )
    assert.deepEqual(api.log.warnings, ['Cannot read database "/secret/place": the disk is full'])
  }, {
    wrap: breakGroups(
      new PhylumError(
        'ERR_SERVER_DATABASE',
        'Cannot read database "/secret/place": the disk is full',
      ),
    ),
  }),
)

test(
  'createApp() answers 500 to what nobody foresaw, and says nothing of it',
  withApi(async (api) => {
    const ann = await api.signUp('ann')
    const reply = await ann.ask('GET', '/api/v0/groups')
    assert.equal(assertRefused(reply, 500), 'Cannot answer the request: the server failed')
    assert.equal(reply.body.error.error_id, 'ERR_UNEXPECTED')
    assert.deepEqual(api.log.warnings, ['inner detail'])
  }, { wrap: breakGroups(new TypeError('inner detail')) }),
)

test(
  'createApp() answers many requests at once, each with its own caller’s groups',
  withApi(async (api) => {
    const people = await Promise.all(['ann', 'bob', 'eve'].map((name) => api.signUp(name)))
    await Promise.all(
      people.map((person) =>
        person.ask('POST', '/api/v0/groups', { group_name: `of ${person.user.name}` })
      ),
    )
    const asked = Array.from({ length: 90 }, (_, index) => people[index % people.length]!)
    await Promise.all(asked.map(async (person) => {
      const { groups } = (await person.ask('GET', '/api/v0/groups')).body
      assert.deepEqual(
        groups.map((group: { group_name: string }) => group.group_name),
        [`of ${person.user.name}`],
      )
    }))
  }),
)
