import { icon } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderDate, renderDistance } from './moment.ts'

/** A browser in which one is signed in. */
export interface ListedSession {
  createdAt: number
  usedAt: number
  expiresAt: number
  isCurrent: boolean
}

export interface AccountView {
  viewer: Viewer
  createdAt?: number
  sessions: readonly ListedSession[]
  now: number
  notice?: string | undefined
}

/** Writes the page of one's account: who one is here, and where one is signed in. */
export function renderAccountPage({ viewer, sessions, now, notice }: AccountView): Markup {
  return renderPage({
    title: 'Account and sessions',
    viewer,
    notice,
    main: markup`
<div class="heading">
<h1>Account and sessions</h1>
<dl class="facts">
<div><dt>Name</dt><dd><bdi>${viewer.name}</bdi></dd></div>
<div><dt>Email</dt><dd>${viewer.email}</dd></div>
</dl>
</div>
<section aria-labelledby="sessions-title">
<h2 id="sessions-title">Where you are signed in <span class="count">${sessions.length}</span></h2>
<div class="card">
<ul class="sessions">${
      sessions.map(({ createdAt, usedAt, expiresAt, isCurrent }) =>
        markup`<li>${icon('device')}<div><strong>${
          isCurrent ? 'This browser' : 'Another browser'
        }</strong>
<span class="muted">Signed in ${renderDistance(createdAt, now)}, seen ${
          renderDistance(usedAt, now)
        }, ends ${renderDate(expiresAt)}</span></div></li>
`
      )
    }</ul>
<form method="post" action="/sign-out" data-once>
${renderToken(viewer)}
<p class="actions">
<button type="submit" class="button">Sign out here</button>
<button type="submit" name="where" value="everywhere" class="button danger">Sign out everywhere</button>
</p>
<p class="hint">Tokens go on working: they belong to programs. <a href="/tokens">Revoke those</a> that you do not know.</p>
</form>
</div>
</section>`,
  })
}
