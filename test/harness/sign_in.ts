/** A browser that fills in forms: what a person does on the pages of a provider, without a screen. */

/** What the person knows, by the name of the field; "button:NAME" is sent with every form. */
export type Answers = Readonly<Record<string, string>>

/** Where the browser ended. */
export interface Arrival {
  url: string
  status: number
  text: string
}

/** Most pages before the browser gives up; a login has five. */
const MAX_PAGES = 20

const ADA: Answers = {
  login: 'ada',
  email: 'ada@example.org',
  name: 'Ada',
  password: 'a good long password',
  answer: 'allow',
}

/**
 * Opens an address, follows redirects, fills in and sends each form, until a page has none: the end of a login. Cookies are kept for each
 * origin.
 */
export async function signIn(address: string, answers: Answers = {}): Promise<Arrival> {
  const jar = new Map<string, Map<string, string>>()
  let next: { url: string; body?: URLSearchParams } = { url: address }
  for (let page = 0; page < MAX_PAGES; page++) {
    const response = await visit(next, jar)
    const location = response.headers.get('location')
    if (location !== null) {
      await response.body?.cancel()
      next = { url: new URL(location, next.url).href }
      continue
    }
    const text = await response.text()
    const form = readForm(text)
    if (form === undefined) return { url: next.url, status: response.status, text }
    const body = new URLSearchParams(form.hidden)
    for (const [name, value] of form.fields) {
      const answer = { ...ADA, ...answers }[name] ?? value
      if (answer !== undefined) body.set(name, answer)
    }
    for (const [name, value] of Object.entries(answers)) {
      if (name.startsWith('button:')) body.set(name.slice('button:'.length), value)
    }
    next = { url: new URL(form.action, next.url).href, body }
  }
  throw new Error(`the login did not end within ${MAX_PAGES} pages, at ${next.url}`)
}

async function visit(
  { url, body }: { url: string; body?: URLSearchParams },
  jar: Map<string, Map<string, string>>,
): Promise<Response> {
  const { origin } = new URL(url)
  const cookies = jar.get(origin) ?? new Map<string, string>()
  jar.set(origin, cookies)
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(url, {
    redirect: 'manual',
    headers: {
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { origin }),
      accept: 'text/html',
    },
    ...(body === undefined ? {} : { method: 'POST', body }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [name = '', value = ''] = line.split(';', 1)[0]!.split(/=(.*)/s)
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
    else cookies.set(name, value)
  }
  return response
}

interface Form {
  action: string
  hidden: [string, string][]
  /** Names, with what the page itself has filled in. */
  fields: [string, string | undefined][]
}

/** Reads the first form of the page's main part that is sent by POST; what its buttons say is among the fields. */
function readForm(html: string): Form | undefined {
  const main = /<main\b.*<\/main>/is.exec(html)?.[0] ?? html
  const [, attributes, inner] = /<form\b([^>]*method="?post[^>]*)>(.*?)<\/form>/is.exec(main) ?? []
  if (attributes === undefined || inner === undefined) return undefined
  const form: Form = { action: attribute(attributes, 'action') ?? '', hidden: [], fields: [] }
  for (const [, input = ''] of inner.matchAll(/<(?:input|button)\b([^>]*)>/gis)) {
    const name = attribute(input, 'name')
    if (name === undefined) continue
    const value = attribute(input, 'value')
    const type = attribute(input, 'type')
    if (type === 'hidden') form.hidden.push([name, value ?? ''])
    else form.fields.push([name, type === 'submit' ? undefined : value])
  }
  return form
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(text)?.[1]
  return value?.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
