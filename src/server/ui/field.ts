import { markup } from './markup.ts'
import type { Markup } from './markup.ts'

/** What stands in a form, and what is wrong with it, by the names of its fields; the form itself is ''. */
export interface Filled<Name extends string = string> {
  values: Partial<Record<Name, string>>
  errors: Partial<Record<Name | '', string>>
}

/** A form as it is before anybody has typed. */
export const EMPTY: Filled<never> = { values: {}, errors: {} }

/** One line to type into. */
export interface Field {
  name: string
  label: string
  type?: 'text' | 'email' | 'password' | 'date'
  hint?: string | Markup
  autocomplete?: string
  /** The field that one types into first. */
  focus?: boolean
  optional?: boolean
  maxlength?: number
  minlength?: number
  min?: string
  max?: string
  inputmode?: 'text' | 'email'
  placeholder?: string
  /** Written as code: nothing is corrected, and every character has the same width. */
  code?: boolean
}

/**
 * Writes a field with its label, its hint and what is wrong with what was typed. A password is never written back: the
 * page may be kept, or looked at over a shoulder.
 */
export function renderField(field: Field, { values, errors }: Filled): Markup {
  const { name, label, type = 'text' } = field
  const error = errors[name]
  const value = type === 'password' ? undefined : values[name]
  const describedBy = [field.hint && `${name}-hint`, error && `${name}-error`].filter(Boolean)
  return markup`<div class="field${error ? ' bad' : ''}">
<label for="${name}">${label}</label>
${field.hint && markup`<p class="hint" id="${name}-hint">${field.hint}</p>`}
${renderError(name, error)}
<input id="${name}" name="${name}" type="${type}"${
    attributes({
      value,
      required: !field.optional,
      autocomplete: field.autocomplete ?? 'off',
      autofocus: error !== undefined || (field.focus && Object.keys(errors).length === 0),
      maxlength: field.maxlength,
      minlength: field.minlength,
      min: field.min,
      max: field.max,
      inputmode: field.inputmode,
      placeholder: field.placeholder,
      class: field.code ? 'code' : undefined,
      spellcheck: field.code || type === 'email' ? 'false' : undefined,
      autocapitalize: type === 'email' ? 'none' : undefined,
      'aria-describedby': describedBy.join(' ') || undefined,
      'aria-invalid': error ? 'true' : undefined,
    })
  }>
</div>`
}

/** Writes what is wrong with a field, where something is. */
export function renderError(name: string, error: string | undefined): Markup | '' {
  return error === undefined
    ? ''
    : markup`<p class="error" id="${name}-error"><span class="visually-hidden">Error: </span>${error}</p>`
}

/** Writes what is wrong with a form as a whole. */
export function renderFormError({ errors }: Filled): Markup | '' {
  const error = errors['']
  return error === undefined ? '' : markup`<p class="error form-error" role="alert">${error}</p>`
}

/** Puts "Error" before the title, which is what a screen reader says first of a new page. */
export function titleOf(title: string, { errors }: Filled): string {
  return Object.keys(errors).length === 0 ? title : `Error: ${title}`
}

/** Writes those attributes that have a value. */
function attributes(all: Record<string, string | number | boolean | undefined>): Markup[] {
  return Object.entries(all).flatMap(([name, value]) => {
    if (value === undefined || value === false) return []
    return [value === true ? markup` ${name}` : markup` ${name}="${String(value)}"`]
  })
}
