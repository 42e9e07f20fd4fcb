import { renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { glyph } from './glyph.ts'
import { groupPath, renderRole } from './groups_page.ts'
import type { ListedGroup } from './groups_page.ts'
import { icon } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { renderCount, renderNext } from './listing.ts'
import type { Listing } from './listing.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderExact } from './moment.ts'

export interface ListedMember {
  email: string
  name: string
  role: 'admin' | 'member'
}

export interface GroupView {
  viewer: Viewer
  group: ListedGroup
  members: Listing<ListedMember>
  form: Filled<'email'>
  notice?: string | undefined
}

/** Writes the page of one group. */
export function renderGroupPage({ viewer, group, members, form, notice }: GroupView): Markup {
  const isAdmin = group.role === 'admin'
  const path = groupPath(group.name)
  return renderPage({
    title: titleOf(`${group.name} · Groups`, form),
    viewer,
    current: 'groups',
    notice,
    main: markup`
<p class="trail"><a href="/groups">${icon('back')}Groups</a></p>
<div class="heading with-glyph">
${glyph(group.id)}
<div>
<h1><bdi>${group.name}</bdi></h1>
<dl class="facts">
<div><dt>Created</dt><dd>${renderExact(group.createdAt)}</dd></div>
<div><dt>You are</dt><dd>${renderRole(group.role)}</dd></div>
</dl>
</div>
${isAdmin && markup`<a class="button danger" href="${path}/delete" data-dialog>Delete group</a>`}
</div>
${isAdmin && renderForm(viewer, path, form)}
<section aria-labelledby="members-title">
<h2 id="members-title">Members ${renderCount(members)}</h2>
<table role="table" class="list members">
<thead role="rowgroup"><tr role="row"><th role="columnheader">Member</th><th role="columnheader">Email</th><th role="columnheader">Role</th><th role="columnheader"><span class="visually-hidden">Remove</span></th></tr></thead>
<tbody role="rowgroup">${
      members.rows.map((member) => renderMember(member, viewer, path, isAdmin))
    }</tbody>
</table>
${renderNext(members, path)}
</section>`,
  })
}

function renderForm(viewer: Viewer, path: string, form: Filled<'email'>): Markup {
  return markup`<section class="card create" aria-labelledby="add-title">
<h2 id="add-title">Add a member</h2>
<form method="post" action="${path}/members" data-once>
${renderToken(viewer)}
${renderFormError(form)}
<div class="row">
${
    renderField({
      name: 'email',
      label: 'Email',
      type: 'email',
      hint: 'Of an account on this server.',
      inputmode: 'email',
    }, form)
  }
<p class="actions"><button type="submit" class="button primary">${
    icon('plus')
  }Add member</button></p>
</div>
</form>
</section>`
}

function renderMember(
  member: ListedMember,
  viewer: Viewer,
  path: string,
  isAdmin: boolean,
): Markup {
  const isSelf = member.email === viewer.email
  const remove = `${path}/remove?member=${encodeURIComponent(member.email)}`
  return markup`<tr role="row">
<td role="cell" class="name"><bdi>${member.name}</bdi>${
    isSelf && markup` <span class="muted">(you)</span>`
  }</td>
<td role="cell" data-label="Email">${member.email}</td>
<td role="cell" data-label="Role">${renderRole(member.role)}</td>
<td role="cell" class="act">${
    (isAdmin || isSelf) &&
    markup`<a class="button quiet danger" href="${remove}" data-dialog aria-label="${
      isSelf ? 'Leave the group' : `Remove ${member.name}`
    }">${isSelf ? 'Leave' : 'Remove'}</a>`
  }</td>
</tr>
`
}
