import { display, UsageError } from '#base'
import { addPublisher, findJwksFault, isPublisherName } from '#config'
import type { Publisher } from '#config'
import { parsePublicKey, readPublicKey, thumbprintOf } from '#registry'
import { basename, resolve } from 'node:path'
import type { Command } from '../command.ts'
import { textOption } from '../command.ts'
import type { Context } from '../compose.ts'
import { writableSettings } from '../writable_settings.ts'

/** `phylum trust add` */
export const trustAdd: Command = {
  name: 'trust add',
  summary: 'Trust a publisher: rules of the policy can then name it',
  usage: 'KEY|JWKS-URL',
  positionals: { min: 1, max: 1 },
  options: [{ name: 'name', value: 'NAME', summary: 'What the publisher is called' }],
  examples: [
    ['phylum trust add acme.pem', 'a public Ed25519 key, as PEM or JWK; the name is "acme"'],
    ['phylum trust add https://acme.example/jwks.json --name acme', 'the keys that it lists'],
  ],
  async run(context, given) {
    const file = writableSettings(context)
    const [text = ''] = given.positionals
    const publisher = /^https?:/i.test(text)
      ? readUrl(text, textOption(given, 'name'))
      : await readKey(context, text, textOption(given, 'name'))
    const isNew = await addPublisher(file, publisher)
    const what = publisher.key === undefined
      ? `the keys of ${display(publisher.jwks)}`
      : `the key ${await thumbprintOf(publisher.key)}`
    context.terminal.log.note(
      `Publisher "${publisher.name}" ${isNew ? 'is' : 'was already'} trusted, by ${what}`,
    )
    return 0
  },
}

function readUrl(text: string, name: string | undefined): Publisher {
  const fault = findJwksFault(text)
  if (fault !== undefined) {
    throw new UsageError(`Cannot trust the keys of "${display(text)}": ${fault}`)
  }
  return { name: checkName(name ?? new URL(text).hostname), jwks: text }
}

async function readKey(
  { terminal, workingDirectory }: Context,
  text: string,
  name: string | undefined,
): Promise<Publisher> {
  const inline = text.trimStart().startsWith('{') ? await parsePublicKey(text) : undefined
  const { key, isPrivate } = inline ?? await readPublicKey(resolve(workingDirectory, text))
  if (isPrivate) {
    terminal.log.warn('this is a private key; its public half is all that was taken')
  }
  const stem = inline === undefined ? basename(text).replace(/\.[^.]*$/, '').toLowerCase() : ''
  return { name: checkName(name ?? stem), key }
}

function checkName(name: string): string {
  if (isPublisherName(name)) return name
  throw new UsageError(
    `Cannot call a publisher "${
      display(name)
    }": a name has lowercase letters, digits, ".", "_" and "-"`,
    { hints: ['choose one with --name'] },
  )
}
