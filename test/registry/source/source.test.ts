import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSource, renderSource } from '../../../src/registry/source/source.ts'
import type { Source } from '../../../src/registry/source/source.ts'
import { withTemporaryDirectory } from '../../harness/temporary.ts'

const CONTEXT = { workingDirectory: '/home/me/here', home: '/home/me' }

const parse = (text: string) => parseSource(text, CONTEXT)

function git(url: string, ref: string | null = null, subdirectory: string | null = null): Source {
  return { kind: 'git', url, ref, subdirectory }
}

/** What is typed, what it means, and how it is written in records. */
const GOOD: [string, Source, string][] = [
  ['./dir', { kind: 'directory', path: '/home/me/here/dir' }, '/home/me/here/dir'],
  ['./dir/', { kind: 'directory', path: '/home/me/here/dir' }, '/home/me/here/dir'],
  ['../dir', { kind: 'directory', path: '/home/me/dir' }, '/home/me/dir'],
  ['.', { kind: 'directory', path: '/home/me/here' }, '/home/me/here'],
  ['..', { kind: 'directory', path: '/home/me' }, '/home/me'],
  ['/', { kind: 'directory', path: '/' }, '/'],
  ['/a b/ü', { kind: 'directory', path: '/a b/ü' }, '/a b/ü'],
  ['~', { kind: 'directory', path: '/home/me' }, '/home/me'],
  ['~/dir', { kind: 'directory', path: '/home/me/dir' }, '/home/me/dir'],
  ['./a.tgz/', { kind: 'directory', path: '/home/me/here/a.tgz' }, '/home/me/here/a.tgz/'],
  ['./npm:x', { kind: 'directory', path: '/home/me/here/npm:x' }, '/home/me/here/npm:x'],
  ['a.tgz', { kind: 'archive', location: '/home/me/here/a.tgz' }, '/home/me/here/a.tgz'],
  ['~/a.tar.gz', { kind: 'archive', location: '/home/me/a.tar.gz' }, '/home/me/a.tar.gz'],
  [
    'https://H.example/a.tgz',
    { kind: 'archive', location: 'https://h.example/a.tgz' },
    'https://h.example/a.tgz',
  ],
  [
    'http://127.0.0.1:80/a.tgz',
    { kind: 'archive', location: 'http://127.0.0.1/a.tgz' },
    'http://127.0.0.1/a.tgz',
  ],
  ['npm:x', { kind: 'npm', name: 'x', range: 'latest' }, 'npm:x@latest'],
  ['npm:x@1.2.3', { kind: 'npm', name: 'x', range: '1.2.3' }, 'npm:x@1.2.3'],
  ['npm:@team/ext@^1', { kind: 'npm', name: '@team/ext', range: '^1' }, 'npm:@team/ext@^1'],
  ['npm:@team/ext', { kind: 'npm', name: '@team/ext', range: 'latest' }, 'npm:@team/ext@latest'],
  [
    'npm:x@>=1 <2 || 3.x',
    { kind: 'npm', name: 'x', range: '>=1 <2 || 3.x' },
    'npm:x@>=1 <2 || 3.x',
  ],
  ['github:o/r', git('https://github.com/o/r.git'), 'github:o/r'],
  [
    'https://github.com/o/r.git.git',
    git('https://github.com/o/r.git.git'),
    'git+https://github.com/o/r.git.git',
  ],
  [
    'https://github.com/o/..git',
    git('https://github.com/o/..git'),
    'git+https://github.com/o/..git',
  ],
  ['github:o/r.git#v1', git('https://github.com/o/r.git', 'v1'), 'github:o/r#v1'],
  [
    'github:o/r#feature/x//a/b',
    git('https://github.com/o/r.git', 'feature/x', 'a/b'),
    'github:o/r#feature/x//a/b',
  ],
  [
    'github:o/r//a/b/#feature/x',
    git('https://github.com/o/r.git', 'feature/x', 'a/b'),
    'github:o/r#feature/x//a/b',
  ],
  ['github:o/r//a', git('https://github.com/o/r.git', null, 'a'), 'github:o/r//a'],
  ['gitlab:g/s/r', git('https://gitlab.com/g/s/r.git'), 'gitlab:g/s/r'],
  ['https://github.com/o/r.git', git('https://github.com/o/r.git'), 'github:o/r'],
  [
    'https://h.example/o/r.git#v1//a',
    git('https://h.example/o/r.git', 'v1', 'a'),
    'git+https://h.example/o/r.git#v1//a',
  ],
  [
    'https://h.example/o/r.git//a#v1',
    git('https://h.example/o/r.git', 'v1', 'a'),
    'git+https://h.example/o/r.git#v1//a',
  ],
  ['git+https://h.example:8443/r', git('https://h.example:8443/r'), 'git+https://h.example:8443/r'],
  ['git+http://localhost:1/r', git('http://localhost:1/r'), 'git+http://localhost:1/r'],
  [
    'git+ssh://git@h.example/r.git',
    git('ssh://git@h.example/r.git'),
    'git+ssh://git@h.example/r.git',
  ],
  [
    'ssh://h.example:22/~me/r#main',
    git('ssh://h.example:22/~me/r', 'main'),
    'git+ssh://h.example:22/~me/r#main',
  ],
  [
    'git@h.example:o/r.git#v1//a',
    git('git@h.example:o/r.git', 'v1', 'a'),
    'git@h.example:o/r.git#v1//a',
  ],
  ['git@h.example:/o/r', git('git@h.example:/o/r'), 'git@h.example:/o/r'],
  ['git+file:///srv/r#v1//a', git('file:///srv/r', 'v1', 'a'), 'git+file:///srv/r#v1//a'],
]

test('parseSource() reads every form, and renderSource() writes the one that is read as the same', () => {
  for (const [text, source, canonical] of GOOD) {
    assert.deepEqual(parse(text), source, text)
    assert.equal(renderSource(source), canonical, text)
    assert.deepEqual(parse(canonical), source, canonical)
  }
})

/** What is refused, and what the message says of it. */
const BAD: [string, RegExp][] = [
  ['', /is empty/],
  ['  ', /is empty/],
  ['a\n./b', /control character/],
  ['./a\0b', /control character/],
  ['./a\u009bb', /control character/],
  [`./${'a'.repeat(2100)}`, /longer than/],
  ['--upload-pack=touch /tmp/x', /begins with "-"/],
  ['-', /begins with "-"/],
  ['ext::sh -c touch% /tmp/x', /"ext:" is no kind of source/],
  ['file:///srv/r', /"file:" is no kind of source/],
  ['C:\\x', /"C:" is no kind of source/],
  ['jsr:@a/b', /"jsr:" is no kind of source/],
  ['git://h.example/r', /not used over "git:"/],
  ['git+git://h.example/r', /not used over "git:"/],
  ['git+ext://x/y', /not used over "ext:"/],
  ['git+http://h.example/r', /anybody on the way/],
  ['http://h.example/a.tgz', /anybody on the way/],
  ['http://h.example/r.git', /anybody on the way/],
  ['http://127.0.0.1.evil.example/a.tgz', /anybody on the way/],
  ['https://h.example/a.zip', /neither with "\.tgz" nor/],
  ['https://h.example/a.tgz#x', /query or a fragment/],
  ['https:h.example/a.tgz', /no URL/],
  ['https://h.example/a\\b.tgz', /a character that no URL has/],
  ['https://ехample.org/a.tgz', /a character that no URL has/],
  ['git+https://h.example/', /names no repository/],
  ['git+https://h.example/r?x=1', /has a query/],
  ['git+https://h.example/r#', /behind "#"/],
  ['git+https://h.example/r#--upload-pack=x', /behind "#"/],
  ['git+https://h.example/r#a..b', /behind "#"/],
  ['git+https://h.example/r#a:b', /behind "#"/],
  ['git+https://h.example/r#a.lock', /behind "#"/],
  ['git+https://h.example/r#v1//../x', /behind "\/\/"/],
  ['git+https://h.example/r#v1//', /behind "\/\/"/],
  ['git+https://h.example/r//a/.git', /behind "\/\/"/],
  ['git+https://h.example/r//-a', /behind "\/\/"/],
  ['git+https://h.example/r//a#v1//b', /two directories/],
  ['git+file://other/srv/r', /another machine/],
  ['git+ssh://-oProxyCommand=x/r', /host is malformed/],
  ['ssh://-x@h.example/r', /user name is malformed/],
  ['git@-oProxyCommand=x:r', /bare name/],
  ['git@h.example:-r', /names no repository/],
  ['github:o', /names no repository/],
  ['github:../r', /names no repository/],
  ['github:o/..', /names no repository/],
  ['github:-o/r', /names no repository/],
  ['gitlab:r', /names no repository/],
  ['npm:', /is named in lower case/],
  ['npm:Phylum', /is named in lower case/],
  ['npm:рhylum', /is named in lower case/],
  ['npm:../x', /is named in lower case/],
  ['npm:@team', /is named in lower case/],
  ['npm:@team/', /is named in lower case/],
  ['npm:x.', /is named in lower case/],
  ['npm:x @1', /is named in lower case/],
  ['npm:.x', /is named in lower case/],
  ['npm:x@', /nothing stands behind/],
  ['npm:x@npm:y', /neither a range nor a tag/],
  ['npm:x@file:../y', /neither a range nor a tag/],
  ['npm:x@https://h.example/a.tgz', /neither a range nor a tag/],
  ['npm:x@１', /neither a range nor a tag/],
  ['~root/x', /homes of others/],
  ['groups', /bare name/],
  ['owner/repository', /no such directory/],
]

test('I103 I108 I113 parseSource() refuses what is no source, and says why', () => {
  for (const [text, message] of BAD) {
    assert.throws(() => parse(text), { code: 'ERR_REGISTRY_SOURCE', message }, text)
  }
})

test('parseSource() shows no secret that somebody pasted with a URL', () => {
  const texts = [
    'https://me:hunter2@h.example/r.git',
    'https://hunter2@h.example/a.tgz',
    'git+https://hunter2@h.example/r',
    'git+ssh://git:hunter2@h.example/r',
    'https://h.example/a.tgz?token=hunter2',
    'git+https://h.example/r?token=hunter2#v1',
    'ftp://me:hunter2@h.example/a.tgz',
  ]
  for (const text of texts) {
    assert.throws(() => parse(text), (error: Error) => {
      assert.doesNotMatch(error.message, /hunter2/)
      return true
    }, text)
  }
})

test('parseSource() says what a bare name may have meant', () =>
  withTemporaryDirectory((workingDirectory) => {
    mkdirSync(join(workingDirectory, 'here'))
    mkdirSync(join(workingDirectory, 'dir/dir'), { recursive: true })
    const context = { workingDirectory, home: '/home/me' }
    const hints = (text: string): readonly string[] => {
      try {
        parseSource(text, context)
      } catch (error) {
        return (error as { hints: string[] }).hints
      }
      return []
    }
    assert.deepEqual(hints('here'), [
      'use "./here" for the directory here',
      'use "npm:here" for the package of this name',
    ])
    assert.deepEqual(hints('groups'), ['use "npm:groups" for the package of this name'])
    assert.deepEqual(hints('@team/ext@^1'), [
      'use "npm:@team/ext@^1" for the package of this name',
    ])
    assert.deepEqual(hints('owner/repo'), [
      'use "github:owner/repo" for the repository of this name',
    ])
    assert.deepEqual(parseSource('dir/dir', context), {
      kind: 'directory',
      path: join(workingDirectory, 'dir/dir'),
    })
    return Promise.resolve()
  }))

test('parseSource() takes any text, and reads what renderSource() writes of it as the same', () => {
  const piece = fc.oneof(
    fc.constantFrom(...GOOD.map(([text]) => text), ...BAD.map(([text]) => text)),
    fc.constantFrom(
      '/',
      '//',
      '#',
      '@',
      ':',
      '.',
      '..',
      '~',
      '-',
      '?',
      '.git',
      '.tgz',
      'git+',
      'x',
    ),
    fc.string({ maxLength: 4 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      let source: Source
      try {
        source = parse(pieces.join(''))
      } catch (error) {
        assert.equal((error as { code: string }).code, 'ERR_REGISTRY_SOURCE')
        return
      }
      assert.deepEqual(
        parseSource(renderSource(source), { workingDirectory: '/', home: '' }),
        source,
      )
    }),
    { numRuns: 2000 },
  )
})
