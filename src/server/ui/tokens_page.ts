import { renderError, renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { glyph } from './glyph.ts'
import { icon } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderDate, renderDistance } from './moment.ts'
import { renderShowOnce } from './show_once.ts'
import type { ShownKey } from './show_once.ts'

/** A key as it is listed. */
export interface ListedKey {
  id: string
  name: string
  createdAt: number
  usedAt: number | null
  expiresAt: number | null
}

export type TokenField = 'name' | 'expiry' | 'date'

export interface TokensView {
  viewer: Viewer
  tokens: readonly ListedKey[]
  form: Filled<TokenField>
  now: number
  /** Dates between which a key may end, as a date field takes them. */
  dates: { first: string; last: string }
  notice?: string | undefined
  /** The key that was just made. */
  created?: ShownKey
}

/** Lives that are offered for a key, in days; '' is without end, 'date' up to a day that is picked. */
export const LIVES = [
  ['30', '30 days'],
  ['7', '7 days'],
  ['90', '90 days'],
  ['365', 'One year'],
  ['date', 'Until a day that I pick…'],
  ['', 'No end'],
] as const

/** Writes the page of API keys, which people know as access tokens. */
export function renderTokensPage(view: TokensView): Markup {
  const { viewer, tokens, form, notice, created } = view
  return renderPage({
    title: created === undefined
      ? titleOf('API Access Tokens', form)
      : 'Copy your new token · API Access Tokens',
    viewer,
    current: 'tokens',
    notice,
    main: markup`
<div class="heading">
<h1>API Access Tokens</h1>
<p class="lead">A token lets a program act as you. Whoever holds it can use it, until it expires or you revoke it.</p>
</div>
${created && renderShowOnce(created)}
${renderForm(view)}
${tokens.length === 0 ? renderEmpty() : renderTable(view)}`,
  })
}

function renderForm({ viewer, form, dates }: TokensView): Markup {
  const life = form.values.expiry ?? LIVES[0][0]
  const error = form.errors.expiry
  return markup`<section class="card create" aria-labelledby="create-title">
<h2 id="create-title">New token</h2>
<form method="post" action="/tokens" autocomplete="off" data-once>
${renderToken(viewer)}
${renderFormError(form)}
<div class="row">
${
    renderField({
      name: 'name',
      label: 'Name',
      hint: 'What will use it, such as “laptop” or “nightly build”.',
      maxlength: 64,
      optional: false,
    }, form)
  }
<div class="field${error ? ' bad' : ''}">
<label for="expiry">Expires after</label>
${renderError('expiry', error)}
<select id="expiry" name="expiry"${
    error ? markup` aria-invalid="true" aria-describedby="expiry-error"` : ''
  }>
${
    LIVES.map(([value, text]) =>
      markup`<option value="${value}"${value === life ? markup` selected` : ''}>${text}</option>`
    )
  }
</select>
</div>
<div class="until">
${
    renderField({
      name: 'date',
      label: 'Last day',
      type: 'date',
      optional: true,
      min: dates.first,
      max: dates.last,
    }, form)
  }
</div>
<p class="actions"><button type="submit" class="button primary">${
    icon('plus')
  }Create token</button></p>
</div>
</form>
</section>`
}

function renderEmpty(): Markup {
  return markup`<section class="empty">
${glyph('an empty list of tokens')}
<h2>No tokens yet</h2>
<p>Name one above and create it: it is shown to you once, to copy. Or let the command line make its own:</p>
<p><code>phylum auth login</code></p>
</section>`
}

function renderTable({ tokens, now }: TokensView): Markup {
  return markup`<section aria-labelledby="list-title">
<h2 id="list-title">Your tokens <span class="count">${tokens.length}</span></h2>
<form method="get" action="/tokens/revoke" data-dialog>
<table role="table" class="list">
<thead role="rowgroup"><tr role="row">
<th role="columnheader" class="pick"><span class="visually-hidden">Select</span></th>
<th role="columnheader">Name</th><th role="columnheader">Created</th><th role="columnheader">Last used</th><th role="columnheader">Expires</th>
<th role="columnheader"><span class="visually-hidden">Revoke</span></th>
</tr></thead>
<tbody role="rowgroup">${tokens.map((token) => renderRow(token, now))}</tbody>
</table>
<p class="below"><button type="submit" class="button quiet">Revoke selected</button></p>
</form>
</section>`
}

function renderRow({ id, name, createdAt, usedAt, expiresAt }: ListedKey, now: number): Markup {
  return markup`<tr role="row">
<td role="cell" class="pick"><input type="checkbox" name="token" value="${id}" aria-label="Select ${name}"></td>
<td role="cell" class="name"><a href="/tokens/${id}">${glyph(id)}<bdi>${name}</bdi></a></td>
<td role="cell" data-label="Created">${renderDate(createdAt)}</td>
<td role="cell" data-label="Last used">${
    usedAt === null ? markup`<span class="muted">Never</span>` : renderDistance(usedAt, now)
  }</td>
<td role="cell" data-label="Expires">${renderExpiry(expiresAt, now)}</td>
<td role="cell" class="act"><a class="button quiet danger" href="/tokens/revoke?token=${id}" data-dialog aria-label="Revoke ${name}">Revoke</a></td>
</tr>
`
}

/** How near the end of a key is when the page points it out, in milliseconds. */
const SOON = 7 * 24 * 60 * 60 * 1000

/** Says when a key ends, has ended, or that it does not. */
export function renderExpiry(expiresAt: number | null, now: number): Markup {
  if (expiresAt === null) return markup`<span class="muted">Never</span>`
  const distance = renderDistance(expiresAt, now)
  if (expiresAt <= now) return markup`<span class="badge over">Expired ${distance}</span>`
  return expiresAt - now < SOON ? markup`<span class="badge soon">${distance}</span>` : distance
}
