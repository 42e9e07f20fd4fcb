import { glyph } from './glyph.ts'
import { icon } from './icon.ts'
import { markup } from './markup.ts'
import type { Markup } from './markup.ts'
import { renderExact } from './moment.ts'

/** A key in the one answer that holds it. */
export interface ShownKey {
  id: string
  name: string
  /** The key itself. */
  value: string
  expiresAt: number | null
  /** Where the API is reached, for the command that tries the key. */
  apiUrl: string
}

/**
 * Writes the dialog that shows a key, this once. The key stands in text, not in a field: browsers fill fields again
 * after "back" or a restart. Without the script the dialog is a part of the page; with it, one that must be answered.
 */
export function renderShowOnce({ id, name, value, expiresAt, apiUrl }: ShownKey): Markup {
  return markup`<dialog open id="show-once" class="dialog show-once" aria-labelledby="show-once-title" aria-describedby="show-once-warning">
<div class="dialog-head">${glyph(id)}<h2 id="show-once-title">Copy your new token</h2></div>
<p><strong><bdi>${name}</bdi></strong> is ready. ${
    expiresAt === null
      ? 'It does not expire; revoke it when nothing needs it any more.'
      : markup`It expires on ${renderExact(expiresAt)}.`
  }</p>
<div class="secret">
<code id="new-token" class="secret-value" tabindex="0" translate="no" data-secret>${value}</code>
<button type="button" class="button primary copy" data-copy="new-token" autofocus hidden>${
    icon('copy')
  }<span aria-live="polite">Copy</span></button>
</div>
<p class="warning" id="show-once-warning">${
    icon('warning')
  }<span>It cannot be shown again: only a fingerprint of it is kept here. Copy it now, and guard it like a password.</span></p>
<details>
<summary>Try it</summary>
<pre class="example" tabindex="0"><code data-secret>curl -H 'Authorization: Bearer ${value}' \\
  ${apiUrl}/api/v0/groups</code></pre>
</details>
<p class="actions end"><a class="button" href="/tokens" data-done>Done</a></p>
</dialog>`
}
