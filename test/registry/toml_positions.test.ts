import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, stringify } from 'smol-toml'
import fc from 'fast-check'
import type { KeyPath } from '../../src/registry/check_schema.ts'
import { locate } from '../../src/registry/toml_positions.ts'

/** Marks the place that is looked for; it is taken out of the text. */
const MARK = '§'

/** Asserts that a path is found where the mark stands, in a text that is TOML. */
function finds(marked: string, path: KeyPath): void {
  const offset = marked.indexOf(MARK)
  const source = marked.replace(MARK, '')
  parse(source)
  const lines = source.slice(0, offset).split('\n')
  const expected = { line: lines.length, column: lines.at(-1)!.length + 1 }
  assert.deepEqual(locate(source)(path), expected, `${path.join('.')} in\n${source}`)
}

test('locate() finds keys and tables', () => {
  finds('a = 1\n§b = 2\n', ['b'])
  finds('  \t§b = 2', ['b'])
  finds('# b = 1\n\r\n§b = 2', ['b'])
  finds('[a]\nb = 1\n§[c]\nb = 2', ['c'])
  finds('[a]\nb = 1\n[c]\n§b = 2', ['c', 'b'])
  finds('[a.b]\n[a.c]\n§d = 1', ['a', 'c', 'd'])
  finds('§[a.b]\nc = 1', ['a'])
  finds('§a.b.c = 1', ['a', 'b'])
  finds('[x]\n§a . b = 1', ['x', 'a', 'b'])
  finds('§"a b" = 1', ['a b'])
  finds("§'a\\b' = 1", ['a\\b'])
  finds('§"\\u00fc\\U0001F600\\t\\"" = 1', ['ü😀\t"'])
  finds('[ "a.b" . c ]\n§d = 1', ['a.b', 'c', 'd'])
})

test('locate() finds entries of lists and inline tables', () => {
  finds('a = ["x", §"y"]', ['a', 1])
  finds('a = [\n  "x", # one, two ]\n\n  §"y",\n]', ['a', 1])
  finds('a = [[1, 2], [3, §4]]', ['a', 1, 1])
  finds('a = { b = 1, §c = 2 }', ['a', 'c'])
  finds('a = { b.c = { §d = 1 } }', ['a', 'b', 'c', 'd'])
  finds('a = [{ b = 1 }, { §b = 2 }]', ['a', 1, 'b'])
  finds('a = []\n§b = {}', ['b'])
  finds('a = [1979-05-27 07:32:00, §2]', ['a', 1])
})

test('locate() finds tables in lists of tables', () => {
  finds('[[a]]\nb = 1\n[[a]]\n§b = 2', ['a', 1, 'b'])
  finds('[[a]]\nb = 1\n§[[a]]\nb = 2', ['a', 1])
  finds('[[a]]\n[[a.c]]\n[[a]]\n[[a.c]]\n[[a.c]]\n§b = 2', ['a', 1, 'c', 1, 'b'])
  finds('[[a]]\n[[a]]\n[a.c]\n§b = 2', ['a', 1, 'c', 'b'])
})

test('locate() is not led astray by what stands in a string', () => {
  finds('a = "b = 1 # ] } \\" [c]"\n§b = 2', ['b'])
  finds("a = 'c:\\'\n§b = 2", ['b'])
  finds('a = """\nb = 1\n[b]\n\\""" x"""\n§b = 2', ['b'])
  finds("a = '''\nb = 1\n''''\n§b = 2", ['b'])
  finds('a = """"quoted"""""\n§b = 2', ['b'])
  finds('a = ""\n§b = 2', ['b'])
  finds("a = ''\n§b = 2", ['b'])
  finds('a = """"""\n§b = 2', ['b'])
  finds('a = ["""x, y]""", §"z"]', ['a', 1])
})

test('locate() answers the nearest place that it knows', () => {
  finds('§[permissions]\nread = true', ['permissions', 'write'])
  finds('[permissions]\n§read = ["a"]', ['permissions', 'read', 7])
  finds('[permissions]\nread = [§"a"]', ['permissions', 'read', 0, 'x'])
  finds('§a = 1', [])
  finds('§a = 1', ['missing', 'x'])
})

test('locate() finds every key and entry of any document', () => {
  const key = fc.oneof(
    fc.constantFrom('a', 'b', 'name', 'a.b', 'x y', '1', '-', '"', "'", '\\', 'ü', '#', ']'),
    fc.string({ minLength: 1, maxLength: 4 }),
  ).filter((text) => text.isWellFormed() && text !== '__proto__')
  const scalar = fc.oneof(
    fc.string({ maxLength: 8 }).filter((text) => text.isWellFormed()),
    fc.constantFrom('"""', "'''", '\\"', '# x', '] }', 'a\nb', '[a]\nb = 1'),
    fc.integer(),
    fc.boolean(),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
  )
  const { table } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, scalar, tie('list'), tie('table')),
    list: fc.oneof(fc.array(scalar, { maxLength: 3 }), fc.array(tie('table'), { maxLength: 3 })),
    table: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  }))
  fc.assert(
    fc.property(table as fc.Arbitrary<Record<string, unknown>>, (document) => {
      const source = stringify(document)
      const at = locate(source)
      const lines = source.split('\n')
      const visit = (value: unknown, path: KeyPath) => {
        const last = path.at(-1)
        if (last !== undefined) {
          const { line, column } = at(path)
          const rest = lines[line - 1]!.slice(column - 1)
          // What stands there must be the key as it is written, a header that holds it, or the entry's own value.
          if (typeof last === 'string') {
            assert.ok(holdsKey(rest, last), `${rest} for ${JSON.stringify(path)}`)
          } else assert.match(rest, /^[^,\]}\s#=]/)
        }
        if (value instanceof Date || typeof value !== 'object' || value === null) {
          return
        }
        for (const [name, item] of Object.entries(value)) {
          visit(item, [...path, Array.isArray(value) ? Number(name) : name])
        }
      }
      visit(document, [])
    }),
    { numRuns: 500 },
  )
})

/** Answers whether a text begins with a key, or with the header of a table that has it among its names. */
function holdsKey(text: string, key: string): boolean {
  const written = stringify({ [key]: 1 }).replace(/ = 1\s*$/, '')
  if (text.startsWith(written)) return true
  return text.startsWith('[') && JSON.stringify(parse(text)).includes(JSON.stringify(key))
}

test('M187 locate() survives any text', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'a=[]{}.,"\'\n#\\ ') }),
      (one, two) => {
        for (const source of [one, two]) {
          const { line, column } = locate(source)(['a', 0])
          assert.ok(line >= 1 && column >= 1)
        }
      },
    ),
    { numRuns: 1000 },
  )
  for (
    const source of [
      '['.repeat(60_000),
      'a='.concat('['.repeat(60_000)),
      'a={a='.repeat(20_000),
      '# x\n'.repeat(16_000),
      'a = """'.concat('x\\"'.repeat(20_000), '"""'),
      'a.'.repeat(30_000),
    ]
  ) assert.equal(locate(source)(['zz']).line, 1)
})
