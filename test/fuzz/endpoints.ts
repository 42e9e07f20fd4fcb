import { isGranted, parseEndpoint, suggestEndpoint } from '#permissions'
import type { Endpoint } from '#permissions'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canHideDots, hostileText, refusal } from './hostile.ts'
import { quickly } from './target.ts'
import type { Target } from './target.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...METHODS, '*') },
  { weight: 1, arbitrary: fc.constantFrom('get', 'OPTIONS', 'CONNECT', '') },
)

const BASES = ['/', '/', '/api/v0/', '/api/v1/', '/api/', '/API/', '//', '/api']

/** Segments of patterns, which mean themselves or much. */
const SEGMENTS = [
  'a',
  'a',
  'b',
  'ab',
  '*',
  ':x',
  ':y',
  ':z',
  ':x?',
  ':y*',
  ':z+',
  'a:x',
  ':x.a',
  'a-:y',
  '*',
  '\\:x',
  '\\*',
  'a%20b',
  '%2A',
  '...',
  ';a',
  "'",
  '',
]

/** What stands for a name or a wildcard in a path: whole segments, parts of some, several, nothing. */
const WORDS = [
  'a',
  'b',
  'ab',
  'a.a',
  'a-b',
  'a/b',
  'a/b/c',
  'x',
  '%20',
  '%2A',
  ':x',
  '*',
  '...',
  '',
]

const segments = fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 4 })
const words = fc.array(
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...WORDS) }, hostileText(2)),
  {
    minLength: 1,
    maxLength: 5,
  },
)

/** Entries as authors write them, and as nobody should. */
const entry = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.tuple(method, fc.constantFrom(...BASES), segments)
      .map(([verb, base, parts]) => `${verb} ${base}${parts.join('/')}`),
  },
  {
    weight: 1,
    arbitrary: hostileText(8, ['GET ', '* ', ':x', ':x*', '/*', '{', '}', '(.*)', '(a+)+']),
  },
)

/** Two entries of which the one may cover the other: each segment of the second is the first's, or another. */
const pair = fc.tuple(
  fc.constantFrom(['*', 'GET'], ['*', '*'], ['GET', 'GET'], ['GET', 'HEAD'], ['HEAD', 'GET'], [
    'PUT',
    '*',
  ]),
  fc.constantFrom('/', '/', '/api/', '/api/v1/'),
  segments,
  fc.array(fc.option(fc.constantFrom(...SEGMENTS)), { maxLength: 5 }),
).map(([[verb, otherVerb], base, parts, changes]) => {
  const length = Math.max(parts.length, changes.length)
  const others = Array.from({ length }, (_, i) => changes[i] ?? parts[i]).filter((each) =>
    each !== undefined
  )
  return [`${verb} ${base}${parts.join('/')}`, `${otherVerb} ${base}${others.join('/')}`] as const
})

function parse(text: string): Endpoint | undefined {
  return quickly(() => refusal(() => parseEndpoint(text), /^ERR_PERMISSIONS_VALUE$/))
}

/** Turns a pattern into a path that it matches, as a person would. */
function instantiate(pattern: string, fill: readonly string[]): string {
  let next = 0
  return pattern.replace(/\\(.)|(\/?):[a-z]+([?*+])?|\*/g, (sign, escaped, slash, modifier) => {
    if (escaped !== undefined) return escaped
    const word = fill[next++ % fill.length]!
    if (sign === '*') return word
    return word === '' && (modifier === '?' || modifier === '*') ? '' : slash + word
  })
}

/** What a manifest grants, and what is asked. */
export const endpointMatcher: Target = {
  name: 'permissions/endpoint',
  promise: 'C29 M187 an endpoint matches nothing that is ambiguous, and no path takes long',
  inputs: 30_000,
  open: () => ({
    property: fc.property(entry, method, words, fc.boolean(), (text, asked, fill, isOther) => {
      const endpoint = parse(text)
      if (endpoint === undefined) return
      assert.equal(
        String(parseEndpoint(String(endpoint))),
        String(endpoint),
        'it reads what it writes',
      )
      const place = isOther ? `/api/v0/${fill.join('/')}` : instantiate(endpoint.pattern, fill)
      if (!quickly(() => isGranted([endpoint], asked, place))) return
      assert.ok(METHODS.includes(asked))
      assert.ok(['*', asked].includes(endpoint.method) || endpoint.method + asked === 'GETHEAD')
      assert.ok(place.startsWith('/api/'))
      assert.ok(!canHideDots(place))
      assert.match(place, /^[\x21-\x7e]+$/)
      const suggested = parseEndpoint(suggestEndpoint(asked, place))
      assert.ok(isGranted([suggested], asked, place), 'what is suggested would grant it')
      assert.ok(!isGranted([suggested], asked, `${place}x`), 'and nothing else')
    }),
  }),
}

/** Whether a wider grant needs to be asked about. */
export const endpointCover: Target = {
  name: 'permissions/covers',
  promise: 'covers() is never wrong: what the inner endpoint matches, the outer one matches',
  inputs: 30_000,
  open: () => ({
    property: fc.property(
      fc.oneof(pair, fc.tuple(entry, entry)),
      words,
      ([first, second], fill) => {
        const [outer, inner] = [parse(first), parse(second)]
        if (outer === undefined || inner === undefined || !outer.covers(inner)) return
        for (let start = 0; start < fill.length; start++) {
          const sample = instantiate(inner.pattern, fill.slice(start))
          for (const each of METHODS) {
            if (!inner.matches(each, sample)) continue
            assert.ok(
              outer.matches(each, sample),
              `${outer} does not match ${each} ${sample}; ${inner} does`,
            )
          }
        }
      },
    ),
  }),
}
