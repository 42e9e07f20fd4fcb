import type { JobEntry, Project } from '../store.ts'
import { glyph } from './glyph.ts'
import { icon } from './icon.ts'
import { renderPage } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderExact } from './moment.ts'
import { renderEcosystems, renderOwner } from './projects_page.ts'

export interface ProjectView {
  viewer: Viewer
  project: Project
  jobs: readonly JobEntry[]
}

/** Writes the page of one project. */
export function renderProjectPage({ viewer, project, jobs }: ProjectView): Markup {
  const { id, name, groupName, ecosystems, createdAt, repositoryUrl } = project
  return renderPage({
    title: `${name} · Projects`,
    viewer,
    current: 'projects',
    main: markup`
<p class="trail"><a href="/projects">${icon('back')}Projects</a></p>
<div class="heading with-glyph">
${glyph(id)}
<div>
<h1><bdi>${name}</bdi></h1>
<dl class="facts">
<div><dt>Created</dt><dd>${renderExact(createdAt)}</dd></div>
<div><dt>Group</dt><dd>${renderOwner(groupName)}</dd></div>
<div><dt>Ecosystems</dt><dd>${renderEcosystems(ecosystems)}</dd></div>
${
      // As text: whoever may change the project could make a link of it that leads anywhere.
      repositoryUrl && markup`<div><dt>Repository</dt><dd><bdi>${repositoryUrl}</bdi></dd></div>`}
<div><dt>Id</dt><dd><code>${id}</code></dd></div>
</dl>
</div>
</div>
${jobs.length === 0 ? renderEmpty() : renderJobs(jobs)}`,
  })
}

function renderEmpty(): Markup {
  return markup`<section class="empty">
<h2>Nothing was analyzed yet</h2>
<p>Extensions send packages here, with <code>Phylum.analyze()</code>.</p>
</section>`
}

function renderJobs(jobs: readonly JobEntry[]): Markup {
  return markup`<section aria-labelledby="jobs-title">
<h2 id="jobs-title">Jobs <span class="count">${jobs.length}</span></h2>
<table role="table" class="list">
<thead role="rowgroup"><tr role="row"><th role="columnheader">Label</th><th role="columnheader">Sent</th></tr></thead>
<tbody role="rowgroup">${
    jobs.map(({ id, label, createdAt }) =>
      markup`<tr role="row">
<td role="cell" class="name"><a href="/jobs/${id}">${glyph(id)}<bdi>${label}</bdi></a></td>
<td role="cell" data-label="Sent">${renderExact(createdAt)}</td>
</tr>
`
    )
  }</tbody>
</table>
</section>`
}
