import { renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Visitor } from './markup.ts'
import { drawPhyla } from './phyla.ts'

/** A page on which somebody signs in or up, on the way to another one. */
export interface SignInView {
  visitor: Visitor
  form: Filled<'email' | 'name' | 'password'>
  /** Where the form is sent, with where to go afterwards in its query. */
  action: string
  /** The same journey with the other form. */
  other: string
  /** Who sent the visitor here, where an app did. */
  app?: string
  notice?: string | undefined
}

/** Writes the page on which one signs in. */
export function renderSignInPage(
  { visitor, form, action, other, app, notice }: SignInView,
): Markup {
  return renderPage({
    title: titleOf('Sign in', form),
    shape: 'alone',
    notice,
    main: markup`<div class="threshold">
<section class="card">
<h1>Sign in</h1>
${renderReason(app, 'To your groups, and to the tokens with which programs act as you.')}
<form method="post" action="${action}" data-once>
${renderToken(visitor)}
${renderFormError(form)}
${
      renderField({
        name: 'email',
        label: 'Email',
        type: 'email',
        autocomplete: 'username',
        inputmode: 'email',
        focus: true,
      }, form)
    }
${
      renderField({
        name: 'password',
        label: 'Password',
        type: 'password',
        autocomplete: 'current-password',
      }, form)
    }
<p class="actions"><button type="submit" class="button primary">Sign in</button></p>
</form>
<p class="aside">No account yet? <a href="${other}">Create one</a></p>
</section>
${drawPhyla()}
</div>`,
  })
}

/** Writes the page on which one makes an account. */
export function renderSignUpPage(
  { visitor, form, action, other, app, minimum }: SignInView & { minimum: number },
): Markup {
  return renderPage({
    title: titleOf('Create an account', form),
    shape: 'alone',
    main: markup`<div class="threshold">
<section class="card">
<h1>Create an account</h1>
${renderReason(app, 'On this server. Nothing of it goes anywhere else.')}
<form method="post" action="${action}" data-once>
${renderToken(visitor)}
${renderFormError(form)}
${
      renderField({
        name: 'email',
        label: 'Email',
        type: 'email',
        hint: 'What you sign in with, and what others find you by.',
        autocomplete: 'username',
        inputmode: 'email',
        focus: true,
      }, form)
    }
${
      renderField({
        name: 'name',
        label: 'Name',
        hint: 'As the members of your groups see it.',
        autocomplete: 'name',
        maxlength: 64,
      }, form)
    }
${
      renderField({
        name: 'password',
        label: 'Password',
        type: 'password',
        hint:
          `At least ${minimum} characters. A few words in a row do well; no digits or signs are asked for.`,
        autocomplete: 'new-password',
      }, form)
    }
<p class="actions"><button type="submit" class="button primary">Create account</button></p>
</form>
<p class="aside">You have an account? <a href="${other}">Sign in</a></p>
</section>
${drawPhyla()}
</div>`,
  })
}

/** Says why one would sign in: because a program asks, or for what there is here. */
function renderReason(app: string | undefined, otherwise: string): Markup {
  return app === undefined
    ? markup`<p class="lead">${otherwise}</p>`
    : markup`<p class="lead"><strong><bdi>${app}</bdi></strong> asks to act as you. You decide in a moment.</p>`
}
