import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runChild } from '../harness/child.ts'
import { startModuleServer, whyNoModuleServer } from '../harness/module_server.ts'
import { withTemporaryDirectory } from '../harness/temporary.ts'

const skip = whyNoModuleServer

/** Runs a script with a relay, in a process that trusts the servers' authority. */
async function inChild(
  server: Awaited<ReturnType<typeof startModuleServer>>,
  words: Record<string, unknown>,
): Promise<{ answers: { status: number; body: string }[]; failure?: string; hosts: string[] }> {
  return await withTemporaryDirectory(async (directory) => {
    const script = new URL('../harness/module_relay_child.ts', import.meta.url)
    const socket = join(directory, 's')
    const result = await runChild(script, [JSON.stringify({ socket, ...words })], {
      environment: server.environment,
    })
    assert.equal(result.code, 0, result.stderr)
    return JSON.parse(result.stdout)
  })
}

test(
  'a relay goes where it is sent, and shows a credential where it is for alone',
  { skip },
  async () => {
    const server = await startModuleServer()
    const shown: Record<string, string | undefined> = {}
    for (const path of ['/public.js', '/npm/private']) {
      server.files[path] = (response) => {
        shown[path] = response.req.headers.authorization
        response.setHeader('x-secret', 'x').end('export {}')
      }
    }
    const { answers, hosts } = await inChild(server, {
      urls: [`${server.origin}/public.js`, `${server.origin}/npm/private`],
      net: [server.host],
      credentials: { [`${server.origin}/npm/`]: 'token' },
    })
    await server.stop()
    assert.deepEqual(answers.map(({ status }) => status), [200, 200])
    assert.deepEqual(shown, { '/public.js': undefined, '/npm/private': 'Bearer token' })
    assert.deepEqual(hosts, [server.host])
  },
)

for (
  const [name, url, pattern] of [
    ['what is not https', 'http://HOST/a.js', /is not an https: URL/],
    ['an address that is not of the internet', 'https://127.0.0.2/a.js', /not a host of the inter/],
    ['a metadata service', 'https://169.254.169.254/latest', /not a host of the internet/],
    ['a name that leads there', 'https://rebound.example/', /not a host of the internet/],
    ['a URL with a password', 'https://a:b@HOST/a.js', /holds a name or a password/],
  ] as const
) {
  test(`G87 a relay refuses ${name}`, { skip }, async () => {
    const server = await startModuleServer()
    server.files['/a.js'] = 'export {}'
    const { answers, failure } = await inChild(server, {
      urls: [url.replace('HOST', server.host)],
      net: [server.host],
      names: { 'rebound.example': ['10.0.0.1'] },
    })
    await server.stop()
    assert.equal(answers[0]?.status, 502)
    assert.match(failure ?? '', pattern)
    assert.deepEqual(server.seen, [])
  })
}

test('I129 a relay does not bring more than it may, and says so', { skip }, async () => {
  const server = await startModuleServer()
  server.files['/endless.js'] = (response) => {
    const timer = setInterval(() => response.write(new Uint8Array(64 * 1024)), 1)
    response.on('close', () => clearInterval(timer))
  }
  const { failure } = await inChild(server, {
    urls: [`${server.origin}/endless.js`],
    net: [server.host],
    bytes: 1024 ** 2,
  })
  await server.stop()
  assert.match(failure ?? '', /larger than 1 MiB/)
})
