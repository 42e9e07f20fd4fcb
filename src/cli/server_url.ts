import { display, UsageError } from '#base'
import { textOption } from './command.ts'
import type { Given } from './command.ts'

/** The option that says where a server is reached. */
export const URL_OPTION = {
  name: 'url',
  value: 'URL',
  summary: 'Where the server is reached, if by way of a load balancer',
} as const

/**
 * Reads where people reach the server. Keys and passwords travel there: in the clear they do so on this machine alone.
 *
 * @throws UsageError
 */
export function readUrl(given: Given): string | undefined {
  const text = textOption(given, 'url')
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isOrigin = url !== null && text.replace(/\/$/, '').toLowerCase() === url.origin
  if (!isOrigin || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Option --url is "${display(text)}", not an address like https://phylum.example.org`,
    )
  }
  if (url.protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)) {
    throw new UsageError(`Option --url is "${display(text)}": it must begin with https`, {
      hints: ['let the load balancer speak https; keys would cross the network in the clear'],
    })
  }
  return url.origin
}
