import { glyph } from './glyph.ts'
import { icon } from './icon.ts'
import { renderPage } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderDistance, renderExact } from './moment.ts'
import type { ListedKey } from './tokens_page.ts'
import { renderExpiry } from './tokens_page.ts'

/** One use of a key. */
export interface Use {
  at: number
  method: string
  path: string
  status: number
}

export interface TokenView {
  viewer: Viewer
  token: ListedKey
  uses: readonly Use[]
  apiUrl: string
  now: number
}

/** Writes the page of one key: what it is, and what was done with it. */
export function renderTokenPage({ viewer, token, uses, apiUrl, now }: TokenView): Markup {
  const { id, name, createdAt, usedAt, expiresAt } = token
  return renderPage({
    title: `${name} · API Access Tokens`,
    viewer,
    current: 'tokens',
    main: markup`
<p class="trail"><a href="/tokens">${icon('back')}API Access Tokens</a></p>
<div class="heading with-glyph">
${glyph(id)}
<div>
<h1><bdi>${name}</bdi></h1>
<dl class="facts">
<div><dt>Created</dt><dd>${renderExact(createdAt)}</dd></div>
<div><dt>Last used</dt><dd>${
      usedAt === null ? markup`<span class="muted">Never</span>` : renderDistance(usedAt, now)
    }</dd></div>
<div><dt>Expires</dt><dd>${renderExpiry(expiresAt, now)}</dd></div>
</dl>
</div>
<a class="button danger" href="/tokens/revoke?token=${id}" data-dialog>Revoke</a>
</div>
<section aria-labelledby="activity-title">
<h2 id="activity-title">Recent activity</h2>
${uses.length === 0 ? renderUnused(apiUrl) : renderUses(uses, now)}
</section>`,
  })
}

function renderUnused(apiUrl: string): Markup {
  return markup`<div class="empty">
${icon('key')}
<h3>Not used yet</h3>
<p>What is done with this token will stand here. To try it:</p>
<pre class="example" tabindex="0"><code>curl -H 'Authorization: Bearer …' \\
  ${apiUrl}/api/v0/groups</code></pre>
</div>`
}

function renderUses(uses: readonly Use[], now: number): Markup {
  return markup`<table role="table" class="list activity">
<thead role="rowgroup"><tr role="row"><th role="columnheader">Request</th><th role="columnheader">Answer</th><th role="columnheader">When</th></tr></thead>
<tbody role="rowgroup">${
    uses.map(({ at, method, path, status }) =>
      markup`<tr role="row">
<td role="cell" class="name"><code><span class="method">${method}</span> ${path}</code></td>
<td role="cell" data-label="Answer"><span class="badge ${
        status < 400 ? 'good' : 'over'
      }">${status}</span></td>
<td role="cell" data-label="When">${renderDistance(at, now)}</td>
</tr>
`
    )
  }</tbody>
</table>`
}
