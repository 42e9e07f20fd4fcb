import { ASSETS } from './assets.ts'
import { icon, logo } from './icon.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer, Visitor } from './markup.ts'

/** What a page consists of, besides what all have in common. */
export interface Page {
  title: string
  /** Absent where nobody has signed in. */
  viewer?: Viewer
  /** Entry of the navigation that the page belongs to. */
  current?: 'groups' | 'projects' | 'tokens'
  /** Tells that what was asked for is done. */
  notice?: string | undefined
  /** Pages before sign-in stand alone on the sheet; those with one question are narrow. */
  shape?: 'wide' | 'narrow' | 'alone'
  main: Markup
}

/** Writes a whole page around its content. */
export function renderPage(page: Page): Markup {
  const { title, viewer, shape = 'wide' } = page
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · phylum</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${ASSETS.icon.path}" type="image/svg+xml">
<link rel="stylesheet" href="${ASSETS.style.path}">
<script type="module" src="${ASSETS.script.path}"></script>
</head>
<body class="${shape}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">${logo()}<span>phylum</span></a>
${viewer && renderNavigation(viewer, page.current)}
</header>
<main id="main" tabindex="-1">
${page.notice && markup`<p class="notice" role="status">${icon('check')}${page.notice}</p>`}
${page.main}
</main>
<footer class="bottom">
<p>The embedded phylum server</p>
<p><a href="/api/v0/openapi.json">API description</a></p>
</footer>
</body>
</html>
`
}

function renderNavigation(viewer: Viewer, current: Page['current']): Markup {
  const link = (name: 'groups' | 'projects' | 'tokens', text: string) =>
    markup`<a href="/${name}"${current === name ? markup` aria-current="page"` : ''}>${text}</a>`
  return markup`<nav class="rooms" aria-label="Pages">
${link('groups', 'Groups')}
${link('projects', 'Projects')}
${link('tokens', 'Tokens')}
</nav>
<div class="user">
<button type="button" class="user-button" popovertarget="user-menu">
<span class="initial" aria-hidden="true">${initialOf(viewer.name)}</span>
<span class="user-name"><span class="visually-hidden">User menu of </span>${viewer.name}</span>
${icon('down')}
</button>
<div id="user-menu" class="menu" popover>
<p class="menu-who"><bdi>${viewer.name}</bdi><span class="muted">${viewer.email}</span></p>
<ul>
<li><a href="/tokens">${icon('key')}API Access Tokens</a></li>
<li><a href="/groups">${icon('people')}Groups</a></li>
<li><a href="/projects">${icon('box')}Projects</a></li>
<li><a href="/account">${icon('shield')}Account and sessions</a></li>
</ul>
<form method="post" action="/sign-out">
${renderToken(viewer)}
<button type="submit" class="menu-button">${icon('leave')}Sign out</button>
</form>
</div>
</div>`
}

/** Writes the hidden field that every form carries: a page of another origin cannot know what stands in it. */
export function renderToken({ csrf }: Visitor): Markup {
  return markup`<input type="hidden" name="csrf" value="${csrf}">`
}

/** Takes the first letter of a name, whole even where it is made of several code points. */
function initialOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name)
  return first?.segment.toUpperCase() ?? ''
}
