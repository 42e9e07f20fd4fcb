import { BROKER_ORIGIN } from '#protocol'
import fc from 'fast-check'
import { hostileText } from './hostile.ts'

/** Stands in a request for where its path says what must come of it; as long as the words that take its place. */
export const PLACE = 'PLACE000'

/** Stands for the run's capability. */
export const CAPABILITY = 'CAPABILITY'

const HOST = new URL(BROKER_ORIGIN).host

/** Mostly the first, sometimes one of the others. */
function mostly(weight: number, usual: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight, arbitrary: fc.constant(usual) }, {
    weight: 1,
    arbitrary: fc.constantFrom(...others),
  })
}

const lineEnd = mostly(60, '\r\n', '\n', '\r', '\r\r\n', '\n\r\n', '\r\n ', '\r\n\t', '')

const method = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'get',
      'CONNECT',
      'TRACE',
      'OPTIONS',
      'PRI',
      'BREW',
      '',
      ' GET',
      'GET\t',
      'G\0T',
      '\xff',
      'GET\x0b',
      'M-SEARCH',
    ),
  },
)

const target = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      `/api/v0/${PLACE}`,
      `${BROKER_ORIGIN}/api/v0/${PLACE}`,
      `/api/v0/${PLACE}?x=1`,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `http://evil.example/api/v0/${PLACE}`,
      `//evil.example/api/v0/${PLACE}`,
      `${BROKER_ORIGIN}@evil.example/api/v0/${PLACE}`,
      `${BROKER_ORIGIN}0/api/v0/${PLACE}`,
      `HTTP://${HOST}/api/v0/${PLACE}`,
      '*',
      'evil.example:443',
      `/api/../${PLACE}`,
      `/api/%2e%2e/${PLACE}`,
      `/api/v0/${PLACE}/..;/x`,
      `/${PLACE}`,
      `\\api\\v0\\${PLACE}`,
      `/api/v0/${PLACE}#x`,
      `/api//v0/${PLACE}`,
      `/api/v0/${PLACE}%00`,
    ),
  },
  { weight: 1, arbitrary: hostileText(6).map((text) => `/api/v0/${PLACE}${text}`) },
)

const version = mostly(
  30,
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'HTTP/0.9',
  'HTTP/1.2',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/1.10',
  'HTTP/ 1.1',
  '',
)

const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'x',
      'application/json',
      'Bearer evil',
      'a=b',
      'evil.example',
      '\xff',
      '',
      'close',
      'keep-alive',
      'bytes=0-',
    ),
  },
  { weight: 1, arbitrary: hostileText(3) },
)

const OTHER_NAMES = [
  'Accept',
  'Authorization',
  'AUTHORIZATION',
  'Cookie',
  'X-Forwarded-Host',
  'X-HTTP-Method-Override',
  'Connection',
  'Content-Type',
  'Expect',
  'Upgrade',
  'TE',
  'Trailer',
  'Range',
  'Max-Forwards',
  'Proxy-Authorization',
  '__proto__',
  'constructor',
  'X',
  'X_Y',
  'Keep-Alive',
  'Via',
  'Referer',
  'If-Match',
  'Origin',
]

const header = fc.tuple(
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...OTHER_NAMES) },
    fc.constantFrom('', ' X', 'X ', 'X\t', 'X\0', 'X\x7f', '"X"', 'X(', '\xe9'),
  ),
  mostly(20, ': ', ':', ' : ', ':\t', '', '::'),
  value,
).map((parts) => parts.join(''))

/** What says how long the body is, with what makes two readers disagree about it. */
const framing = fc.oneof(
  { weight: 6, arbitrary: fc.constant<string[]>([]) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(['Content-Length: LENGTH'], ['Transfer-Encoding: chunked'], [
      'content-length:LENGTH',
    ]),
  },
  {
    weight: 5,
    arbitrary: fc.subarray([
      'Content-Length: LENGTH',
      'Content-Length: 0',
      'Content-Length: 5',
      'Content-Length: +5',
      'Content-Length: 0x5',
      'Content-Length: 5, 5',
      'Content-Length: 5, 6',
      'Content-Length: 18446744073709551621',
      'Content-Length: -1',
      'Content-Length: 5 ',
      'Content-Length : 5',
      'Content-Length: 5\x0b',
      'Content-Length:',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding: identity, chunked',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding:\tchunked',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: CHUNKED',
      'Transfer-Encoding: chunked\0',
      'Transfer_Encoding: chunked',
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding: chunk\r\n ed',
      'Transfer-Encoding:',
    ], { minLength: 1, maxLength: 3 }),
  },
)

const hosts = fc.oneof(
  { weight: 30, arbitrary: fc.constant([`Host: ${HOST}`]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [],
      ['Host: evil.example'],
      [`Host: ${HOST}`, 'Host: evil.example'],
      [`Host: ${HOST}`, `host: ${HOST}`],
      [`Host: ${HOST}@evil.example`],
      [`Host: ${HOST}, evil.example`],
      ['Host:'],
      [`Host : ${HOST}`],
      [`Host: ${HOST}\0`],
    ),
  },
)

const capability = mostly(
  30,
  `Phylum-Capability: ${CAPABILITY}`,
  'Phylum-Capability: x',
  '',
  `Phylum-Capability: ${CAPABILITY}x`,
)

/** A whole request, as an attacker would have it read out of the body of another. */
const HIDDEN =
  `GET /api/v0/${PLACE} HTTP/1.1\r\nHost: ${HOST}\r\nPhylum-Capability: ${CAPABILITY}\r\n\r\n`

const chunk = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('hello', 'x', HIDDEN).map((data) =>
      `${data.length.toString(16)}\r\n${data}\r\n`
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '5\nhello\n',
      '5\r\nhelloo\r\n',
      '5;a=b\r\nhello\r\n',
      '5;a="\n"\r\nhello\r\n',
      '+5\r\nhello\r\n',
      '0x5\r\nhello\r\n',
      '-5\r\nhello\r\n',
      '5 \r\nhello\r\n',
      'fffffffffffffffff\r\n',
      '\r\n',
      '5\r\nhello',
      'g\r\n',
      '5\r\r\nhello\r\n',
      '00000000000000000005\r\nhello\r\n',
    ),
  },
)

const body = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('', 'hello', HIDDEN, `0\r\n\r\n${HIDDEN}`) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.array(chunk, { maxLength: 3 }),
      mostly(
        8,
        '0\r\n\r\n',
        '0\n\n',
        '0\r\n',
        '0\r\nX: y\r\n\r\n',
        '0\r\nAuthorization: Bearer evil\r\n\r\n',
        '0\r\n X\r\n\r\n',
        '',
        '000\r\n\r\n',
      ),
      fc.constantFrom('', '', HIDDEN),
    ).map(([chunks, last, rest]) => chunks.join('') + last + rest),
  },
)

/** Bytes on a connection to the broker, as latin1: a request, good or bad in any of its parts, and what follows it. */
export const request: fc.Arbitrary<string> = fc.record({
  before: mostly(40, '', '\r\n', '\n', ' ', '\0', '\r\n\r\n'),
  line: fc.tuple(
    method,
    mostly(40, ' ', '  ', '\t', ''),
    target,
    mostly(40, ' ', '  ', '\t', ''),
    version,
  ),
  hosts,
  capability,
  framing,
  others: fc.array(header, { maxLength: 3 }),
  ends: fc.array(lineEnd, { minLength: 12, maxLength: 12 }),
  order: fc.nat(7),
  body,
}).map(({ before, line, hosts, capability, framing, others, ends, order, body }) => {
  const fields = [...hosts, capability, ...framing, ...others].filter((field) => field !== '')
  const turned = [
    ...fields.slice(order % (fields.length + 1)),
    ...fields.slice(0, order % (fields.length + 1)),
  ]
    .map((field) => field.replace('LENGTH', String(body.length)))
  const head = [line.join(''), ...turned].map((text, i) => text + ends[i % ends.length]).join('')
  return Buffer.from(`${before}${head}${ends.at(-1)}${body}`, 'latin1').toString('latin1')
})
