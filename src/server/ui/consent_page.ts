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

/** What a permission lets a program do, in the words of somebody who has never heard of scopes. */
type Words = readonly [what: string, more: string]

function explainScope(scope: string, holds: ConsentView['holds']): Words {
  switch (scope) {
    case 'openid':
      return ['See who you are', 'Your name and your email address.']
    case 'offline_access':
      return holds === 'key'
        ? [
          'Act as you, until you revoke its token',
          'It gets a token of its own, which you find under API Access Tokens.',
        ]
        : [
          'Act as you, until it is signed out',
          'Also while you are away: see and change your groups and their members.',
        ]
    default:
      return [`Use “${scope}”`, 'A permission of its own.']
  }
}

/** Writes the page on which somebody lets an app act as them, or not. */
export function renderConsentPage(view: ConsentView): Markup {
  const { viewer, app, holds, scopes, destination, userCode } = view
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
      scopes.map((scope) => {
        const [what, more] = explainScope(scope, holds)
        return markup`<li>${
          icon('check')
        }<div><strong>${what}</strong><span class="muted">${more}</span></div></li>`
      })
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
