import { icon, logo } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'

export interface ConsentView {
  viewer: Viewer
  /** Name of the app that asks. */
  app: string
  /** What it will hold: a key, or tokens that are renewed. */
  holds: 'key' | 'tokens'
  scopes: readonly string[]
  /** Where the answer is sent; absent where a device waits for it. */
  destination?: string
  /** The code that the device shows. */
  userCode?: string
  /** Where the form is sent. */
  action: string
  /** Fields that go along unseen. */
  hidden?: readonly (readonly [name: string, value: string])[]
  /** Where one goes to sign in as somebody else. */
  switchTo: string
}

/** Something that a program will be able to do, and what more there is to know of it. */
type Power = readonly [what: string, more: string]

/** What each scope means that is known; what the program will hold says the rest. */
const KNOWN_SCOPES = ['openid', 'offline_access', 'email', 'profile']

/**
 * Lists what a program will be able to do, in the words of somebody who has never heard of scopes. It follows from what the
 * program will hold: a key acts as its user whatever the scopes were.
 */
function listPowers({ holds, scopes }: ConsentView): Power[] {
  return [
    ['See who you are', 'Your name and your email address.'],
    holds === 'key'
      ? [
        'Act as you, until you revoke its token',
        'See and change your groups and their members. You find its token under API Access Tokens.',
      ]
      : scopes.includes('offline_access')
      ? [
        'Act as you, until it is signed out',
        'See and change your groups and their members, also while you are away.',
      ]
      : ['Act as you for a few minutes', 'See and change your groups and their members.'],
    ...scopes.filter((scope) => !KNOWN_SCOPES.includes(scope))
      .map((scope) => [`Use “${scope}”`, 'A permission of its own.'] as const),
  ]
}

/** Writes the page on which somebody lets an app act as them, or not. */
export function renderConsentPage(view: ConsentView): Markup {
  const { viewer, app, destination, userCode } = view
  return renderPage({
    title: `Allow ${app}?`,
    viewer,
    shape: 'narrow',
    main: markup`<section class="card consent" aria-labelledby="consent-title">
<p class="parties" aria-hidden="true"><span class="party">${
      icon('device')
    }</span><span class="bond"></span><span class="party ours">${logo()}</span></p>
<h1 id="consent-title">Allow <bdi>${app}</bdi>?</h1>
<p class="lead">It asks to act as <strong><bdi>${viewer.name}</bdi></strong>. If you allow it, it can:</p>
<ul class="scopes">${
      listPowers(view).map(([what, more]) =>
        markup`<li>${
          icon('check')
        }<div><strong>${what}</strong><span class="muted">${more}</span></div></li>`
      )
    }</ul>
${
      userCode !== undefined &&
      markup`<div class="compare"><p>Go on only if the device in front of you shows this code:</p>
<p class="user-code" translate="no">${userCode}</p></div>`
    }
${
      destination !== undefined &&
      markup`<p class="hint">Your answer goes to a program on your computer, at <strong>${destination}</strong>. Did you not start it? Then deny.</p>`
    }
<form method="post" action="${view.action}" data-once>
${renderToken(viewer)}
${
      view.hidden?.map(([name, value]) =>
        markup`<input type="hidden" name="${name}" value="${value}">`
      )
    }
<p class="actions two">
<button type="submit" name="answer" value="deny" class="button">Deny</button>
<button type="submit" name="answer" value="allow" class="button primary">Allow</button>
</p>
</form>
<p class="aside">You are <bdi>${viewer.email}</bdi>. <a href="${view.switchTo}">Not you?</a></p>
</section>`,
  })
}
