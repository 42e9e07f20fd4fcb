import type { Session } from '../store.ts'
import type { Form } from './form.ts'
import type { Viewer } from './markup.ts'
import type { Answer } from './response.ts'
import type { UiOptions } from './ui_options.ts'
import type { Visit } from './visit.ts'

/** A request for a page, which has passed every check that can be made without the page. */
export interface UiCall {
  options: UiOptions
  request: Request
  url: URL
  /** Where the server is reached, as the browser shows it: "http://localhost:8476". */
  origin: string
  /** Address of the visitor, or '' where it is not known. */
  address: string
  /** Decoded segments of the path, by the names that the route's path gives them. */
  params: Readonly<Record<string, string>>
  visit: Visit
  /** What was sent with POST. */
  form: Form
  notice: string | undefined
}

/** A request of somebody who is signed in. */
export interface SignedInCall extends UiCall {
  session: Session
  viewer: Viewer
}

/** One page, or one thing that is done from pages. */
export interface UiRoute {
  method: 'GET' | 'POST'
  /** Path with parameters as ":name". */
  path: string
  /** Whether only those are served who are signed in; others are sent to sign in, and then come back. */
  isOpen: boolean
  answer(call: SignedInCall): Promise<Answer>
}

/** Makes a route for those who are signed in. */
export function page(
  method: UiRoute['method'],
  path: string,
  answer: (call: SignedInCall) => Promise<Answer>,
): UiRoute {
  return { method, path, isOpen: false, answer }
}

/** Makes a route for everybody. */
export function openPage(
  method: UiRoute['method'],
  path: string,
  answer: (call: UiCall) => Promise<Answer>,
): UiRoute {
  return { method, path, isOpen: true, answer }
}
