import { renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { glyph } from './glyph.ts'
import { icon } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { renderCount, renderNext } from './listing.ts'
import type { Listing } from './listing.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderDate } from './moment.ts'

/** A group as one of its members sees it. */
export interface ListedGroup {
  id: string
  name: string
  createdAt: number
  role: 'admin' | 'member'
}

export interface GroupsView {
  viewer: Viewer
  groups: Listing<ListedGroup>
  form: Filled<'name'>
  notice?: string | undefined
}

/** Writes the page of one's groups. */
export function renderGroupsPage({ viewer, groups, form, notice }: GroupsView): Markup {
  return renderPage({
    title: titleOf('Groups', form),
    viewer,
    current: 'groups',
    notice,
    main: markup`
<div class="heading">
<h1>Groups</h1>
<p class="lead">People who work on the same things. Admins say who belongs to a group; members see it.</p>
</div>
<section class="card create" aria-labelledby="create-title">
<h2 id="create-title">New group</h2>
<form method="post" action="/groups" data-once>
${renderToken(viewer)}
${renderFormError(form)}
<div class="row">
${
      renderField({
        name: 'name',
        label: 'Name',
        hint: 'You will be its admin.',
        maxlength: 64,
      }, form)
    }
<p class="actions"><button type="submit" class="button primary">${
      icon('plus')
    }Create group</button></p>
</div>
</form>
</section>
${groups.rows.length === 0 ? renderEmpty() : renderList(groups)}`,
  })
}

function renderEmpty(): Markup {
  return markup`<section class="empty">
${glyph('an empty list of groups')}
<h2>No groups yet</h2>
<p>Create one above and add its members, or ask an admin of another group to add you by your email.</p>
</section>`
}

function renderList(groups: Listing<ListedGroup>): Markup {
  return markup`<section aria-labelledby="list-title">
<h2 id="list-title">Your groups ${renderCount(groups)}</h2>
<ul class="tiles">${
    groups.rows.map(({ id, name, createdAt, role }) =>
      markup`<li><a href="${groupPath(name)}">${
        glyph(id)
      }<span class="tile-name"><bdi>${name}</bdi></span>
<span class="muted">${role === 'admin' ? 'Admin' : 'Member'} · created ${
        renderDate(createdAt)
      }</span></a></li>
`
    )
  }</ul>
${renderNext(groups, '/groups')}
</section>`
}

/** Writes what somebody is in a group. */
export function renderRole(role: ListedGroup['role']): Markup {
  return markup`<span class="badge ${role === 'admin' ? 'good' : ''}">${
    role === 'admin' ? 'Admin' : 'Member'
  }</span>`
}

/** The address of a group's page. */
export function groupPath(name: string): string {
  return `/groups/${encodeURIComponent(name)}`
}
