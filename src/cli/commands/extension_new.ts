import { display, PhylumError, UsageError } from '#base'
import { isExtensionName, openAuthoring } from '#registry'
import type { EngineName, Template } from '#registry'
import { basename, relative, resolve } from 'node:path'
import type { Command, Given } from '../command.ts'
import { textOption } from '../command.ts'
import { gatherEditorTypes } from '../editor_types.ts'

const ENGINES: readonly EngineName[] = ['deno', 'bun']

const TEMPLATES: readonly Template[] = ['api', 'cli', 'minimal']

/** `phylum ext new` */
export const extensionNew: Command = {
  name: 'ext new',
  summary: 'Begin an extension: manifest, module, test, editor settings',
  usage: 'NAME|PATH',
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: 'template',
      value: 'NAME',
      summary: `What it begins as: ${TEMPLATES[0]} (default), ${TEMPLATES.slice(1).join(', ')}`,
    },
    { name: 'engine', value: 'ENGINE', summary: 'What it runs in: deno (default), bun' },
  ],
  examples: [
    ['phylum ext new mine', 'a directory "mine" with an extension that calls the API'],
    ['phylum ext new ./tools/count --template cli', 'one that reads a command line and files'],
  ],
  async run(context, given) {
    const { terminal, workingDirectory } = context
    const [place = ''] = given.positionals
    const template = readChoice(given, 'template', TEMPLATES)
    const engine = readChoice(given, 'engine', ENGINES)
    if (place.includes('\0')) throw invalid(place)
    const path = resolve(workingDirectory, place)
    const name = basename(path)
    if (!isExtensionName(name)) throw invalid(name)
    // `phylum NAME` would never reach it.
    if (context.commandWords.has(name)) {
      throw new PhylumError(
        'ERR_REGISTRY_NAME',
        `Cannot make extension "${name}": this is the name of a command`,
      )
    }
    const { createExtension, makeEditorFiles, makeFiles } = await openAuthoring()
    const wish = { name, template, engine }
    createExtension(path, {
      ...makeFiles(wish),
      ...makeEditorFiles(await gatherEditorTypes(context, engine)),
    })
    const shown = display(`./${relative(workingDirectory, path)}`.replace(/^\.\/\.\.\//, '../'))
    terminal.log.note(`Made extension "${name}" in ${shown}`)
    terminal.log.note(
      `next: phylum ext run ${shown}, phylum ext test ${shown}, phylum ext check ${shown}`,
    )
    return 0
  },
}

/** Reads an option that names one of several things; the first one where it was not given. */
function readChoice<T extends string>(given: Given, name: string, choices: readonly T[]): T {
  const text = textOption(given, name) ?? choices[0]
  const found = choices.find((each) => each === text)
  if (found !== undefined) return found
  throw new UsageError(
    `Option --${name} is "${display(text ?? '')}", not ${
      choices.join(', ').replace(/, (?=[^,]*$)/, ' or ')
    }`,
  )
}

function invalid(name: string): PhylumError {
  return new PhylumError(
    'ERR_REGISTRY_NAME',
    `Cannot make extension "${
      display(name, 100)
    }": a name begins with a letter, and holds at most 64 lowercase letters, digits, "-" and "_"`,
  )
}
