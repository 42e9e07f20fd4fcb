import { display, displayJson, PhylumError, systemCode } from '#base'
import { statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { checkExtension } from '../check_extension.ts'
import type { Remark, Report } from '../check_extension.ts'
import type { Command } from '../command.ts'
import { hasOption } from '../command.ts'
import type { Context } from '../compose.ts'
import type { Terminal } from '../terminal.ts'

/** Exit code of an extension with faults: that of a manifest with some. */
const EXIT_FAULTS = 20

/** `phylum ext check` */
export const extensionCheck: Command = {
  name: 'ext check',
  summary: 'Check an extension without running it: manifest, imports, types, permissions',
  usage: '[PATH]',
  positionals: { min: 0, max: 1 },
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: [
    ['phylum ext check ./mine', 'exit code 20 where something is wrong; warnings are none'],
    ['phylum ext check --json', 'the extension in this directory, for programs'],
  ],
  async run(context, given) {
    const { terminal, workingDirectory } = context
    const report = await checkExtension(
      context,
      findDirectory(context, given.positionals[0] ?? '.'),
    )
    const { remarks } = report
    const faults = remarks.filter(({ severity }) => severity === 'fault').length
    if (hasOption(given, 'json')) terminal.print(renderJson(report))
    else {
      for (const remark of remarks) terminal.print(renderRemark(terminal, workingDirectory, remark))
      terminal.log.note(renderSum(report, faults))
    }
    return faults === 0 ? 0 : EXIT_FAULTS
  },
}

function findDirectory({ workingDirectory }: Context, path: string): string {
  const refuse = (state: string) =>
    new PhylumError('ERR_REGISTRY_NOT_FOUND', `Cannot check "${display(path)}": ${state}`)
  if (path.includes('\0')) throw refuse('it holds a control character')
  const directory = resolve(workingDirectory, path)
  try {
    if (statSync(directory).isDirectory()) return directory
  } catch (error) {
    throw refuse(
      systemCode(error) === 'ENOENT' ? 'there is no such directory' : 'it cannot be read',
    )
  }
  throw refuse('it is not a directory')
}

function renderRemark(terminal: Terminal, workingDirectory: string, remark: Remark): string {
  const { severity, file, line, column, message } = remark
  const label = terminal.paint(severity === 'fault' ? 'red' : 'yellow', `${severity}:`)
  const place = file === undefined
    ? ''
    : `${display(shorten(file, workingDirectory))}:${line}:${column}: `
  return `${place}${label} ${message}`
}

function shorten(file: string, workingDirectory: string): string {
  const path = relative(workingDirectory, file)
  return path.startsWith('../') ? file : path
}

function renderSum({ name, files, bytes, remarks, untyped }: Report, faults: number): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  const warnings = remarks.length - faults
  const parts = [
    count(faults, 'fault'),
    count(warnings, 'warning'),
    ...(files === 0 ? [] : [`${count(files, 'file')}, ${Math.ceil(bytes / 1024)} KiB to share`]),
    ...(untyped === undefined ? [] : [`types were not checked, because ${untyped}`]),
  ]
  return `${name === undefined ? '' : `"${display(name)}": `}${parts.join('; ')}`
}

function renderJson(report: Report): string {
  const { name, directory, remarks, files, bytes, untyped } = report
  const of = (severity: Remark['severity']) =>
    remarks.filter((each) => each.severity === severity)
      .map(({ file, line, column, message }) => ({ file: file ?? null, line, column, message }))
  return displayJson(JSON.stringify({
    schema: 1,
    name: name ?? null,
    directory,
    faults: of('fault'),
    warnings: of('warning'),
    files,
    bytes,
    types_checked: untyped === undefined,
  }))
}
