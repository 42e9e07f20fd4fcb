/** Asks a relay for URLs, as the engine does, and prints what came of it. */
import { Secret } from '#base'
import { startModuleRelay } from '#broker'
import { request } from 'node:http'
import process from 'node:process'

interface Words {
  socket: string
  urls: string[]
  net: string[]
  names?: Record<string, string[]>
  credentials?: Record<string, string>
  bytes?: number
}

const { socket, urls, net, names, credentials = {}, bytes = 1024 ** 2 } = JSON.parse(
  process.argv[2]!,
) as Words

const relay = await startModuleRelay({
  socket,
  net,
  bytes,
  hasTypes: false,
  access(url) {
    const [, token] = Object.entries(credentials).find(([each]) => url.href.startsWith(each)) ?? []
    const secret = token === undefined ? undefined : Secret.parse(token, 'a test')
    return {
      isNamed: false,
      credential: secret === undefined ? undefined : { scheme: 'Bearer', secret },
    }
  },
  ...(names === undefined ? {} : { lookUp: (host) => Promise.resolve(names[host] ?? []) }),
  timeout: 5_000,
  log: { warn() {}, note() {}, debug() {} },
})

const answers = []
for (const url of urls) answers.push(await ask(url))
console.log(
  JSON.stringify({ answers, failure: relay.failure()?.message, hosts: relay.hosts() }),
)
relay.close()

function ask(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: socket, path, headers: { host: 'x' } }, (response) => {
      let body = ''
      response.on('data', (chunk) => body += chunk)
      const end = () => resolve({ status: response.statusCode ?? 0, body: body.slice(0, 100) })
      response.on('close', end)
    })
    asked.on('error', () => resolve({ status: 0, body: '' }))
    asked.end()
  })
}
