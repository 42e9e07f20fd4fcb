import { display, suggest } from '#base'

/** The part of JSON Schema (draft 7) that the schema of manifests uses, and `errorMessage`, which editors know as well. */
export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  /** What is said of a value that `pattern` refuses: "must …". */
  readonly errorMessage?: string
}

/** Keys and indices that lead to a value. */
export type KeyPath = readonly (string | number)[]

/** Something that is wrong with one value of a document. */
export interface Fault {
  readonly path: KeyPath
  readonly message: string
}

/** What a check found. */
export interface SchemaReport {
  readonly faults: Fault[]
  /** Keys that the schema does not know. */
  readonly unknown: Fault[]
}

/** Checks a document that was read from TOML, and reports all that is wrong with it in the words of TOML. */
export function checkSchema(schema: Schema, value: unknown): SchemaReport {
  const report: SchemaReport = { faults: [], unknown: [] }
  check(schema, value, [], report)
  return report
}

/** Writes a path of keys as people write it in TOML: `permissions.read[1]`. */
export function renderPath(path: KeyPath): string {
  return path.map((key, index) => {
    if (typeof key === 'number') return `[${key}]`
    return (index === 0 ? '' : '.') + display(key, 60)
  }).join('')
}

function check(schema: Schema, value: unknown, path: KeyPath, report: SchemaReport): void {
  const branches = schema.anyOf ?? [schema]
  const branch = branches.find((each) => isKind(each, value))
  if (branch === undefined) {
    const isChoice = branches.every((each) => 'const' in each)
    const given = isChoice && typeof value === 'string'
      ? `"${display(value, 40)}"`
      : describeValue(value)
    fault(report, path, `must be ${enumerate(branches.flatMap(describeKind))}, not ${given}`)
  } else if (typeof value === 'string') checkString(branch, value, path, report)
  else if (Array.isArray(value)) checkList(branch, value, path, report)
  else if (isTable(value)) checkTable(branch, value, path, report)
}

function checkString(schema: Schema, value: string, path: KeyPath, report: SchemaReport): void {
  const { minLength = 0, maxLength = Infinity, pattern } = schema
  if (value.length < minLength) fault(report, path, 'must not be empty')
  else if (value.length > maxLength) {
    fault(report, path, `must not be longer than ${maxLength} characters`)
  } else if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) {
    fault(report, path, schema.errorMessage ?? `must match ${pattern}`)
  }
}

function checkList(
  schema: Schema,
  value: readonly unknown[],
  path: KeyPath,
  report: SchemaReport,
): void {
  const { minItems = 0, maxItems = Infinity, items = {} } = schema
  if (value.length < minItems) fault(report, path, 'must not be empty')
  if (value.length > maxItems) {
    // Thousands of faults within would say no more than this one.
    fault(report, path, `must not have more than ${maxItems} entries`)
    return
  }
  for (const [index, item] of value.entries()) check(items, item, [...path, index], report)
}

function checkTable(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  path: KeyPath,
  report: SchemaReport,
): void {
  const { properties = {}, required = [] } = schema
  for (const key of required) {
    if (!Object.hasOwn(value, key)) {
      report.faults.push({ path, message: `"${renderPath([...path, key])}" is missing` })
    }
  }
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, key]
    if (Object.hasOwn(properties, key)) check(properties[key]!, item, at, report)
    else {
      const [near] = suggest(key, Object.keys(properties))
      const question = near === undefined ? '' : `; did you mean "${near}"?`
      report.unknown.push({
        path: at,
        message: `"${renderPath(at)}" is not known and has no effect${question}`,
      })
    }
  }
}

function fault(report: SchemaReport, path: KeyPath, state: string): void {
  const subject = path.length === 0 ? 'The manifest' : `"${renderPath(path)}"`
  report.faults.push({ path, message: `${subject} ${state}` })
}

function isKind(schema: Schema, value: unknown): boolean {
  if ('const' in schema) return value === schema.const
  switch (schema.type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isTable(value)
    default: {
      const kind: string = typeof value
      return kind === schema.type
    }
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) &&
    !(value instanceof Date)
}

function describeKind(schema: Schema): string[] {
  if ('const' in schema) return [JSON.stringify(schema.const)]
  switch (schema.type) {
    case 'boolean':
      return ['true', 'false']
    case 'array':
      return [schema.items?.type === 'string' ? 'a list of strings' : 'a list']
    case 'object':
      return ['a table']
    default:
      return [`a ${schema.type}`]
  }
}

function describeValue(value: unknown): string {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (typeof value === 'string') return 'a string'
  if (Array.isArray(value)) return 'a list'
  return value instanceof Date ? 'a date' : 'a table'
}

function enumerate(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
