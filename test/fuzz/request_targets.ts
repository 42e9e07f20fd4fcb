import { parseTarget } from '#broker'
import { isGranted } from '#permissions'
import { BROKER_ORIGIN } from '#protocol'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createApi } from '../../src/guest/api.ts'
import { readTarget } from '../../src/broker/incoming.ts'
import { canHideDots, hostileText, refusal } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const ORIGIN = 'https://api.example'

const anyTarget = fc.tuple(
  fc.constantFrom('', '/api/', '/api/v0/', '/api/v0/groups'),
  hostileText(14),
)
  .map(([start, rest]) => start + rest)

/** What the URL Standard encodes in a query; grants do not look at it, so this changes nothing that was decided. */
function encodeQuery(query: string): string {
  return query.replace(/["'<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** What a guest sends as the target of a request. */
export const requestTarget: Target = {
  name: 'broker/target',
  promise: 'C28 C29 parseTarget() sends what it checked, below the API, on its origin',
  inputs: 40_000,
  open: () => ({
    property: fc.property(anyTarget, (text) => {
      const target = quickly(() => refusal(() => parseTarget(text, ORIGIN), /^ERR_BROKER_REQUEST$/))
      if (target === undefined) return
      const [path = '', ...query] = text.split('?')
      assert.equal(target.path, path, 'what is checked is what was given')
      assert.equal(target.url.pathname, path, 'and so is what is sent, byte for byte')
      assert.equal(target.url.search, target.search)
      assert.equal(target.search.slice(1), encodeQuery(query.join('?')))
      const mark = target.search === '' && text.endsWith('?') ? '?' : ''
      assert.equal(target.url.href, ORIGIN + target.path + target.search + mark)
      assert.equal(target.url.origin, ORIGIN)
      assert.ok(target.path.startsWith('/api/'))
      assert.match(text, /^[\x21-\x7e]*$/)
      assert.ok(!canHideDots(target.path), 'no server reads a dot segment in it')
      assert.ok(!/[\\#]|\/\//.test(target.path))
      // One truth: the check of endpoints has nothing to add, where everything is granted.
      assert.ok(isGranted(true, 'GET', target.path), 'the endpoint matcher agrees')
    }),
  }),
}

const DESCRIPTION = {
  version: 1,
  socket: '/nowhere',
  capability: 'c'.repeat(43),
  apiOrigin: ORIGIN,
  name: 'x',
  entryPoint: 'file:///x/main.ts',
  directory: 'file:///x/',
  unsandboxedRun: [],
  state: null,
  placeholder: 'x',
  storage: null,
  permissions: {},
  missing: [],
  modules: null,
  remedy: '',
}

/** What an extension gives to `api.fetch()`. */
export const guestTarget: Target = {
  name: 'guest/fetch',
  promise: 'C28 api.fetch() addresses the broker and nobody else, and says truly what it asked for',
  inputs: 20_000,
  open: () => ({
    property: fc.asyncProperty(anyTarget, async (text) => {
      const sent: string[] = []
      const api = createApi(DESCRIPTION, (url) => {
        sent.push(url)
        return Promise.resolve(new Response('{}'))
      }, () => {})
      let response: Response | undefined
      try {
        response = await api.fetch(text)
      } catch (error) {
        assert.ok(error instanceof TypeError, 'as fetch() itself refuses')
      }
      assert.ok(sent.length <= 1)
      for (const url of sent) {
        assert.ok(url.startsWith(`${BROKER_ORIGIN}/`), url)
        const target = readTarget(url)
        assert.ok(target !== undefined)
        assert.equal(
          new URL(ORIGIN + target).href.replace(/\?$/, ''),
          response?.url.replace(/\?$/, ''),
        )
        // What the broker takes, it sends; what leaves the API, it refuses.
        const taken = refusal(() => parseTarget(target, ORIGIN), /^ERR_BROKER_REQUEST$/)
        if (taken !== undefined) assert.equal(taken.url.href, ORIGIN + target)
      }
    }),
  }),
}
