import { renderField, renderFormError, titleOf } from './field.ts'
import type { Filled } from './field.ts'
import { icon } from './icon.ts'
import { renderPage, renderToken } from './layout.ts'
import { markup } from './markup.ts'
import type { Markup, Viewer } from './markup.ts'

/** Writes the page on which somebody types the code that a device shows (RFC 8628, section 3.3). */
export function renderDevicePage(
  { viewer, form }: { viewer: Viewer; form: Filled<'user_code'> },
): Markup {
  return renderPage({
    title: titleOf('Connect a device', form),
    viewer,
    shape: 'narrow',
    main: markup`<section class="card" aria-labelledby="device-title">
<p class="parties" aria-hidden="true"><span class="party">${icon('device')}</span></p>
<h1 id="device-title">Connect a device</h1>
<p class="lead">Type the code that your terminal or device shows.</p>
<form method="post" action="/device" data-once>
${renderToken(viewer)}
${renderFormError(form)}
<div class="big">
${
      renderField({
        name: 'user_code',
        label: 'Code',
        code: true,
        focus: true,
        maxlength: 20,
        placeholder: 'XXXX-XXXX',
      }, form)
    }
</div>
<p class="warning">${
      icon('warning')
    }<span>Somebody sent you a code, or reads one out to you? Then it is their device that would act as you. Stop here.</span></p>
<p class="actions end"><button type="submit" class="button primary">Continue</button></p>
</form>
</section>`,
  })
}
