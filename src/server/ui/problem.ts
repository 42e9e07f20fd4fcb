import type { Refusal, RefusalStatus } from '../refusal.ts'
import type { Viewer } from './markup.ts'
import { renderMessagePage } from './message_page.ts'
import type { PageAnswer } from './response.ts'

/** What a page says for a status, in words for somebody who did nothing wrong. */
const WORDS: Partial<Record<RefusalStatus, readonly [title: string, text: string]>> = {
  403: ['That is not allowed', 'Go back and load the page again, then try once more.'],
  404: ['There is nothing here', 'It may have been deleted, or the address has a slip in it.'],
  405: ['That cannot be opened by its address', 'Go to the page that has the button for it.'],
  413: ['That was too much', 'What was sent is longer than this server takes.'],
  429: ['Too many attempts', 'Wait a little, then try again.'],
  503: ['The server is not ready', 'Nothing is lost. Try again in a moment.'],
}

const OTHERWISE = [
  'Something went wrong here',
  'The server has noted what. Try again in a moment.',
] as const

/** Makes the page for a request that was not granted. */
export function answerProblem(refusal: Refusal, viewer: Viewer | undefined): PageAnswer {
  const { status, headers } = refusal
  const [title, text] = WORDS[status] ?? OTHERWISE
  return {
    status,
    headers,
    page: renderMessagePage({
      ...(viewer === undefined ? {} : { viewer }),
      status,
      title,
      text,
      next: { href: '/', text: 'Go to the start' },
    }),
  }
}
