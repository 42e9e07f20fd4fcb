import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import process from 'node:process'
import { startWebServer } from './web_server.ts'
import type { WebHandler, WebServer, WebServerOptions } from './web_server.ts'

/**
 * Serves the repositories below a directory with git's own `http-backend`, on a free port of the loopback interface:
 * `createRepository(join(root, 'team/x'))` is then at `${origin}/team/x/.git`, and at `${origin}/team/x.git`.
 *
 * @param options.password makes it private: whoever sends no "Authorization: Basic <git:password>" is answered with 401
 * @param options.isOld makes it speak as servers did before 2018
 * @param options.tls makes it https; see `makeCertificates()`
 */
export async function startGitServer(
  root: string,
  options: WebServerOptions & { password?: string; isOld?: boolean } = {},
): Promise<WebServer> {
  const handler: WebHandler = (request, response, url) => {
    const basic = `Basic ${Buffer.from(`git:${options.password}`).toString('base64')}`
    if (options.password !== undefined && request.headers.authorization !== basic) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const child = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname.replace(/(?<=[^/])\.git(?=\/)/, '/.git'),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        GIT_PROTOCOL: options.isOld === true ? '' : String(request.headers['git-protocol'] ?? ''),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        REMOTE_ADDR: '127.0.0.1',
      },
    })
    request.pipe(child.stdin)
    child.stdin.on('error', () => {})
    let head = Buffer.alloc(0)
    child.stdout.on('data', (chunk: Buffer) => {
      if (response.headersSent) return void response.write(chunk)
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) return
      const lines = head.subarray(0, end).toString().split('\r\n')
      const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2)))
      response.writeHead(Number.parseInt(headers['Status'] ?? '200'), headers)
      response.write(head.subarray(end + 4))
    })
    child.on('close', () => response.end())
  }
  return await startWebServer(handler, options)
}
