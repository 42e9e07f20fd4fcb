import type { Project } from '../store.ts'
import { glyph } from './glyph.ts'
import { renderPage } from './layout.ts'
import { renderCount, renderNext } from './listing.ts'
import type { Listing } from './listing.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderDate } from './moment.ts'

export interface ProjectsView {
  viewer: Viewer
  projects: Listing<Project>
}

/** Writes the page of one's projects. */
export function renderProjectsPage({ viewer, projects }: ProjectsView): Markup {
  return renderPage({
    title: 'Projects',
    viewer,
    current: 'projects',
    main: markup`
<div class="heading">
<h1>Projects</h1>
<p class="lead">What is analyzed: your own projects, and those of your groups. The command line makes them.</p>
</div>
${projects.rows.length === 0 ? renderEmpty() : renderList(projects)}`,
  })
}

function renderEmpty(): Markup {
  return markup`<section class="empty">
${glyph('an empty list of projects')}
<h2>No projects yet</h2>
<p>Make one for the directory in which you are:</p>
<p><code>phylum init</code></p>
</section>`
}

function renderList(projects: Listing<Project>): Markup {
  return markup`<section aria-labelledby="list-title">
<h2 id="list-title">Your projects ${renderCount(projects)}</h2>
<table role="table" class="list">
<thead role="rowgroup"><tr role="row">
<th role="columnheader">Name</th><th role="columnheader">Group</th><th role="columnheader">Ecosystems</th><th role="columnheader">Last job</th>
</tr></thead>
<tbody role="rowgroup">${projects.rows.map(renderRow)}</tbody>
</table>
${renderNext(projects, '/projects')}
</section>`
}

function renderRow({ id, name, groupName, ecosystems, latestJobAt }: Project): Markup {
  return markup`<tr role="row">
<td role="cell" class="name"><a href="/projects/${id}">${glyph(id)}<bdi>${name}</bdi></a></td>
<td role="cell" data-label="Group">${renderOwner(groupName)}</td>
<td role="cell" data-label="Ecosystems">${renderEcosystems(ecosystems)}</td>
<td role="cell" data-label="Last job">${
    latestJobAt === null ? markup`<span class="muted">None</span>` : renderDate(latestJobAt)
  }</td>
</tr>
`
}

/** Writes to whom a project belongs. */
export function renderOwner(groupName: string | null): Markup {
  return groupName === null
    ? markup`<span class="muted">Your own</span>`
    : markup`<bdi>${groupName}</bdi>`
}

/** Writes the ecosystems of a project. */
export function renderEcosystems(ecosystems: string | null): Markup {
  const text = (ecosystems ?? '').replaceAll(',', ', ')
  return text === '' ? markup`<span class="muted">None yet</span>` : markup`${text}`
}
