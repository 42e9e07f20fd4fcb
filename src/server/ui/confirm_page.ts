import { renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { glyph } from './glyph.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'

export interface ConfirmView {
  viewer: Viewer
  current: 'groups' | 'tokens'
  title: string
  /** What will happen, in one or two sentences. */
  text: Markup
  /** What it will happen to. */
  subjects?: readonly { id: string; name: string }[]
  /** Where the form is sent. */
  action: string
  /** Fields that go along unseen. */
  hidden?: readonly (readonly [name: string, value: string])[]
  /** A name that must be typed, for what takes others along. */
  typed?: string
  form: Filled<'confirmation'>
  /** What the button does, in a word or two. */
  act: string
  /** Where one goes who does not want it. */
  back: string
}

/** Writes the page that asks before something is lost. With the script, it is shown as a dialog over the page one is on. */
export function renderConfirmPage(view: ConfirmView): Markup {
  const { viewer, current, title, text, subjects = [], typed, form } = view
  return renderPage({
    title: titleOf(title, form),
    viewer,
    current,
    shape: 'narrow',
    main: markup`<section class="card" data-dialog-content aria-labelledby="confirm-title">
<h1 id="confirm-title">${title}</h1>
<p>${text}</p>
${
      subjects.length > 0 &&
      markup`<ul class="subjects">${
        subjects.map(({ id, name }) => markup`<li>${glyph(id)}<bdi>${name}</bdi></li>`)
      }</ul>`
    }
<form method="post" action="${view.action}" data-once>
${renderToken(viewer)}
${
      view.hidden?.map(([name, value]) =>
        markup`<input type="hidden" name="${name}" value="${value}">`
      )
    }
${renderFormError(form)}
${
      typed !== undefined &&
      renderField({
        name: 'confirmation',
        label: `Type “${typed}” to confirm`,
        code: true,
        focus: true,
      }, form)
    }
<p class="actions end">
<a class="button quiet" href="${view.back}" data-dialog-close>Cancel</a>
<button type="submit" class="button primary danger">${view.act}</button>
</p>
</form>
</section>`,
  })
}
