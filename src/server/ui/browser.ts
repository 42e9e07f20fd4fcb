/**
 * What the pages do in a browser that runs scripts. Every page works without it: it copies, asks in a dialog instead of on
 * a page of its own, keeps a form from being sent twice, and shows times as the reader's clock has them.
 */

/** Copies the text of an element, also where there is no clipboard to ask for: on a server reached without TLS. */
async function copy(source: HTMLElement): Promise<void> {
  if (navigator.clipboard !== undefined) {
    return await navigator.clipboard.writeText(source.textContent ?? '')
  }
  getSelection()?.selectAllChildren(source)
  if (!document.execCommand('copy')) throw new Error('not copied')
}

function prepareCopying(button: HTMLButtonElement): void {
  const source = document.getElementById(button.dataset['copy'] ?? '')
  const label = button.querySelector('span')
  if (source === null || label === null) return
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await copy(source)
      label.textContent = 'Copied'
      button.classList.add('done')
    } catch {
      getSelection()?.selectAllChildren(source)
      label.textContent = 'Selected: copy it by hand'
    }
  })
}

/** Shows a new key in a dialog that must be answered, and sees to it that no way leads back to it. */
function prepareShowOnce(dialog: HTMLDialogElement): void {
  // The entry in the history becomes one of the list: a reload sends no form again, "back" asks for the list.
  history.replaceState(null, '', '/tokens')
  dialog.close()
  dialog.showModal()
  // Escape pressed by habit must not take away what nobody has copied yet.
  dialog.addEventListener('cancel', (event) => event.preventDefault())
  // A page that is left may be kept in memory and shown again, by "back".
  addEventListener('pagehide', () => {
    for (const secret of document.querySelectorAll('[data-secret]')) secret.textContent = ''
    dialog.remove()
  })
  dialog.querySelector('[data-done]')?.addEventListener('click', (event) => {
    event.preventDefault()
    location.replace('/tokens')
  })
}

/** Fetches a page that asks something, and shows what it asks in a dialog; where that fails, goes to the page. */
async function askInDialog(address: URL): Promise<void> {
  try {
    const response = await fetch(address, { headers: { accept: 'text/html' } })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    const content = page.querySelector('[data-dialog-content]')
    if (!response.ok || response.redirected || content === null) throw new Error('no question')
    openDialog(document.adoptNode(content))
  } catch {
    location.assign(address)
  }
}

function openDialog(content: Element): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog'
  const title = content.querySelector('h1')
  if (title !== null) {
    const heading = document.createElement('h2')
    heading.id = title.id
    heading.append(...title.childNodes)
    title.replaceWith(heading)
    dialog.setAttribute('aria-labelledby', heading.id)
    content.removeAttribute('aria-labelledby')
  }
  content.classList.remove('card')
  dialog.append(content)
  document.body.append(dialog)
  dialog.querySelector('[data-dialog-close]')?.addEventListener('click', (event) => {
    event.preventDefault()
    dialog.close()
  })
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })
  dialog.addEventListener('close', () => dialog.remove())
  prepare(dialog)
  dialog.showModal()
}

/** Keeps a second click from sending a form again: the answer to the first would be lost, and a new key with it. */
function sendOnce(form: HTMLFormElement): void {
  let isSent = false
  form.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault()
    isSent = true
  })
  // A page that is shown again from memory may be sent again.
  addEventListener('pageshow', () => isSent = false)
}

function showLocalTime(element: HTMLTimeElement): void {
  const moment = new Date(element.dateTime)
  const exact = moment.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  element.title = exact
  const kind = element.dataset['moment']
  if (kind === 'exact') element.textContent = exact
  if (kind === 'date') {
    element.textContent = moment.toLocaleDateString(undefined, { dateStyle: 'medium' })
  }
}

function prepare(root: ParentNode): void {
  root.querySelectorAll<HTMLButtonElement>('button[data-copy]').forEach(prepareCopying)
  root.querySelectorAll<HTMLFormElement>('form[data-once]').forEach(sendOnce)
  root.querySelectorAll<HTMLTimeElement>('time[data-moment]').forEach(showLocalTime)
  root.querySelectorAll<HTMLAnchorElement>('a[data-dialog]').forEach((link) => {
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      void askInDialog(new URL(link.href))
    })
  })
  root.querySelectorAll<HTMLFormElement>('form[data-dialog]').forEach((form) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const address = new URL(form.action)
      for (const [name, value] of new FormData(form)) {
        address.searchParams.append(name, String(value))
      }
      void askInDialog(address)
    })
  })
}

prepare(document)
const shown = document.querySelector<HTMLDialogElement>('#show-once')
if (shown !== null) prepareShowOnce(shown)

export {}
