/** Answers whether a text is of a form in which "*" stands for any characters, also for none. */
export function matchName(form: string, text: string): boolean {
  const [first = '', ...parts] = form.split('*')
  const last = parts.pop()
  if (last === undefined) return form === text
  if (!text.startsWith(first)) return false
  // Each part at the first place after the one before: whatever follows then has the most room. No regular expression,
  // whose time could grow with the square of a hostile name, or worse.
  let at = first.length
  for (const part of parts) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
