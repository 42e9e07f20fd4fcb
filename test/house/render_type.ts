/** The part of JSON Schema that TypeBox makes of the API's schemas. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly format?: string
  readonly description?: string
  readonly default?: unknown
  readonly title?: string
}

/** What formats mean, for whoever reads the type. */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'A moment, as in RFC 3339.',
  uuid: 'A UUID.',
}

/**
 * Renders a schema as a type of TypeScript. What has a title becomes a declaration of its own, which is added to those that are
 * used.
 */
export function renderType(
  schema: JsonSchema,
  schemas: Readonly<Record<string, JsonSchema>>,
  used: Map<string, string>,
): string {
  const type = (inner: JsonSchema) => renderType(inner, schemas, used)
  if (schema.$ref !== undefined) {
    const title = schema.$ref.split('/').at(-1)!
    if (!used.has(title)) {
      // Its place is taken before it is rendered: a schema may hold itself.
      used.set(title, '')
      used.set(title, renderDeclaration(title, schemas[title]!, type))
    }
    return title
  }
  if ('const' in schema) return renderLiteral(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(renderLiteral).join(' | ')
  if (schema.anyOf !== undefined) return unique(schema.anyOf.map(type)).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map(type).join(' & ')
  switch (schema.type) {
    case 'array': {
      const item = type(schema.items ?? {})
      return /[|&]/.test(item) ? `(${item})[]` : `${item}[]`
    }
    case 'object':
      return renderObject(schema, type, '')
    case 'integer':
      return 'number'
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return schema.type
    default:
      return 'unknown'
  }
}

function renderDeclaration(
  title: string,
  schema: JsonSchema,
  type: (schema: JsonSchema) => string,
): string {
  const comment = schema.description === undefined ? '' : renderComment([schema.description], '')
  return schema.type === 'object' && schema.properties !== undefined
    ? `${comment}export interface ${title} ${renderObject(schema, type, '\n')}\n`
    : `${comment}export type ${title} = ${type(schema)}\n`
}

function renderObject(
  { properties = {}, required = [], patternProperties, additionalProperties }: JsonSchema,
  type: (schema: JsonSchema) => string,
  end: '' | '\n',
): string {
  const inner = Object.values(patternProperties ?? {})[0] ??
    (typeof additionalProperties === 'object' ? additionalProperties : undefined)
  const members = Object.entries(properties).map(([key, schema]) => {
    const name = isIdentifier(key) ? key : JSON.stringify(key)
    const text = schema.description ?? FORMATS[formatOf(schema) ?? '']
    const line = `${name}${required.includes(key) ? '' : '?'}: ${type(schema)}`
    if (text === undefined) return end === '' ? line : `  ${line}`
    return end === '' ? `/** ${text} */ ${line}` : `${renderComment([text], '  ')}  ${line}`
  })
  if (inner !== undefined) members.push(`${end === '' ? '' : '  '}[key: string]: ${type(inner)}`)
  if (members.length === 0) return 'Record<string, unknown>'
  return end === '' ? `{ ${members.join('; ')} }` : `{\n${members.join('\n')}\n}`
}

function formatOf(schema: JsonSchema): string | undefined {
  return schema.format ?? schema.anyOf?.map(formatOf).find((each) => each !== undefined)
}

function renderLiteral(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}

/** Renders a comment of one line or several. */
export function renderComment(lines: readonly string[], indent: string): string {
  // A text that ends the comment would become code.
  const safe = lines.map((line) => line.replaceAll('*/', '* /'))
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`
  return [
    `${indent}/**`,
    ...safe.map((line) => `${indent} * ${line}`.trimEnd()),
    `${indent} */\n`,
  ].join('\n')
}

/** Answers whether code can use a text as a name. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(text)
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)]
}
