import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findFreeUses } from './free_names.ts'

const count = (code: string) => findFreeUses(code, 'fetch').length

test('findFreeUses() finds the global, called or handed on', () => {
  assert.equal(count('const a = await fetch(url)'), 1)
  assert.equal(count('function f() {\n  return fetch(url)\n}'), 1)
  assert.equal(count('startBroker({ fetch })'), 1)
  assert.equal(count('startBroker({ a, fetch: fetch })'), 1)
  assert.equal(count('send(fetch)'), 1)
  assert.equal(count('send(a, fetch, b)'), 1)
  assert.equal(count('const send = fetch'), 1)
  assert.equal(count('const a = b ? fetch(x) : fetch(y)'), 2)
  assert.equal(count('const o = { fetch: (a, b) => fetch(a, b) }'), 1)
  assert.equal(count('if (a) {\n  fetch(b)\n}'), 1)
})

test('findFreeUses() is not put off by an interface that has a member of the name', () => {
  assert.equal(
    count('interface Options {\n  fetch: Fetch\n}\nfunction f() {\n  return fetch(a)\n}'),
    1,
  )
  assert.equal(count('interface Options {\n  fetch?: Fetch\n}\nconst a = () => fetch(b)'), 1)
})

test('findFreeUses() is not put off by a binding in another function', () => {
  assert.equal(count('function f(fetch: Fetch) {\n  fetch(a)\n}\nfunction g() {\n  fetch(b)\n}'), 1)
  assert.equal(count('function f(o) {\n  const { fetch } = o\n}\nfunction g() {\n  fetch(b)\n}'), 1)
})

test('findFreeUses() passes over a port of the same name', () => {
  assert.equal(count('function f(fetch: Fetch) {\n  return fetch(a)\n}'), 0)
  assert.equal(count('async function f(fetch: Fetch): Promise<void> {\n  await fetch(a)\n}'), 0)
  assert.equal(count('function f({ a, fetch }: Options) {\n  return fetch(a)\n}'), 0)
  assert.equal(count('const f = (fetch: Fetch) => fetch(a)'), 0)
  assert.equal(count('const f = ({ fetch }) => {\n  fetch(a)\n}'), 0)
  assert.equal(
    count('function f(options) {\n  const { a, fetch } = options\n  return fetch(a)\n}'),
    0,
  )
  assert.equal(count('function f(options) {\n  const { fetch } = options\n  send({ fetch })\n}'), 0)
  assert.equal(count('const fetch = narrow(a)\nfetch(b)'), 0)
})

test('findFreeUses() passes over keys, methods and types', () => {
  assert.equal(count('options.fetch(a); this.#fetch(b); hono.fetch(c)'), 0)
  assert.equal(count('interface Api {\n  fetch(input: string): Promise<Response>\n}'), 0)
  assert.equal(count('return {\n  async fetch(input) {\n    return a\n  },\n}'), 0)
  assert.equal(count('serve({ port: 1, fetch(request) { return a } })'), 0)
  assert.equal(count('serve({ fetch: handler })'), 0)
  assert.equal(count('type Fetch = typeof fetch'), 0)
})
