import { createHash } from 'node:crypto'
import { display } from '#base'

/** What the browser shows at the end of a login. */
export interface Page {
  title: string
  text: string
}

const STYLE = `:root{color-scheme:light dark}
body{font:1.05rem/1.5 system-ui,sans-serif;max-width:32rem;margin:18vh auto 0;padding:0 1.25rem}
h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:0;overflow-wrap:anywhere}`

const STYLE_DIGEST = createHash('sha256').update(STYLE).digest('base64')

/** What goes with each page: nothing is loaded, run, framed, kept, or told to the next page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${STYLE_DIGEST}'; img-src data:; base-uri 'none'; ` +
    `form-action 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'connection': 'close',
}

/** Renders a page. Its text may come from anybody: the address of the callback is for every page of the browser to call. */
export function renderPage({ title, text }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
<p>${escape(text)}</p>
</main>
</body>
</html>
`
}

function escape(text: string): string {
  return display(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
