import { glyph } from './glyph.ts'
import { renderPage } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'

export interface MessageView {
  viewer?: Viewer
  title: string
  text: string
  /** The status, where the page says that something did not work. */
  status?: number
  /** What to do next. */
  next?: { href: string; text: string }
}

/** Writes a page that says one thing: that something is done, is not there, or does not work. */
export function renderMessagePage({ viewer, title, text, status, next }: MessageView): Markup {
  return renderPage({
    title,
    ...(viewer === undefined ? {} : { viewer }),
    shape: 'narrow',
    main: markup`<section class="message">
${glyph(`message ${title}`)}
${status !== undefined && markup`<p class="status" aria-hidden="true">${status}</p>`}
<h1>${title}</h1>
<p class="lead">${text}</p>
${
      next &&
      markup`<p class="actions"><a class="button primary" href="${next.href}">${next.text}</a></p>`
    }
</section>`,
  })
}
