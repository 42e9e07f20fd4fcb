import { isRejected } from '../policy/evaluate.ts'
import type { Dependency, Rejection } from '../policy/evaluate.ts'
import type { Job, Project } from '../store.ts'
import { icon } from './icon.ts'
import { renderPage } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'
import { renderExact } from './moment.ts'

/** Most refused packages that the page shows. */
const MAX_SHOWN = 200

export interface JobView {
  viewer: Viewer
  project: Project
  job: Job
  dependencies: readonly Dependency[]
}

/** Writes the page of one job: what the policy has against its packages, now. */
export function renderJobPage({ viewer, project, job, dependencies }: JobView): Markup {
  const rejected = dependencies.filter(isRejected)
  return renderPage({
    title: `${job.label} · ${project.name}`,
    viewer,
    current: 'projects',
    main: markup`
<p class="trail"><a href="/projects/${project.id}">${icon('back')}<bdi>${project.name}</bdi></a></p>
<div class="heading">
<h1><bdi>${job.label}</bdi></h1>
<dl class="facts">
<div><dt>Sent</dt><dd>${renderExact(job.createdAt)}</dd></div>
<div><dt>Packages</dt><dd>${dependencies.length}</dd></div>
<div><dt>Policy</dt><dd>${
      rejected.length === 0
        ? markup`<span class="badge good">Passed</span>`
        : markup`<span class="badge over">Failed</span>`
    }</dd></div>
<div><dt>Id</dt><dd><code>${job.id}</code></dd></div>
</dl>
</div>
${rejected.length === 0 ? renderNone() : renderRejected(rejected)}`,
  })
}

function renderNone(): Markup {
  return markup`<section class="empty">
<h2>Nothing is refused</h2>
<p>The policy of this server has nothing against these packages.</p>
</section>`
}

function renderRejected(rejected: readonly Dependency[]): Markup {
  const shown = rejected.slice(0, MAX_SHOWN)
  return markup`<section aria-labelledby="refused-title">
<h2 id="refused-title">Refused packages <span class="count">${rejected.length}</span></h2>
<table role="table" class="list">
<thead role="rowgroup"><tr role="row"><th role="columnheader">Package</th><th role="columnheader">Severity</th><th role="columnheader">Why</th></tr></thead>
<tbody role="rowgroup">${
    shown.flatMap(({ purl, rejections }) => rejections.map((each) => renderRow(purl, each)))
  }</tbody>
</table>
${
    rejected.length > MAX_SHOWN &&
    markup`<p class="below muted">The first ${MAX_SHOWN} are shown.</p>`
  }
</section>`
}

function renderRow(purl: string, { title, source }: Rejection): Markup {
  return markup`<tr role="row">
<td role="cell" class="name"><bdi>${purl}</bdi></td>
<td role="cell" data-label="Severity">${source.severity}</td>
<td role="cell" data-label="Why"><bdi>${title}</bdi><br><span class="muted">${source.reason}${
    source.description && markup`<br><bdi>${source.description}</bdi>`
  }</span></td>
</tr>
`
}
