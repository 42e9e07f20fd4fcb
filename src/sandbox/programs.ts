import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { posix } from 'node:path'
import { findCommand } from './find_program.ts'
import { readLoader } from './libraries.ts'

/** Programs that an extension may start, and what these need to be started. */
export interface Programs {
  /** The programs themselves, absolute. */
  programs: readonly string[]
  /** What the kernel starts in their place: interpreters of scripts, loaders of libraries. */
  interpreters: readonly string[]
}

/** Most bytes of a script's first line (`BINPRM_BUF_SIZE`). */
const FIRST_LINE = 256

/**
 * Finds the programs that a manifest names, once and before the extension runs: what it puts into PATH later is not started. One
 * that is not here is left out.
 */
export function findPrograms(run: true | readonly string[], path: string | undefined): Programs {
  if (run === true) return { programs: [], interpreters: [] }
  const programs = run.map((each) => each.startsWith('/') ? each : findCommand(each, path))
    .filter((each) => each !== undefined && existsSync(each)) as string[]
  return {
    programs,
    interpreters: [...new Set(programs.flatMap((each) => findInterpreters(each, path)))],
  }
}

function findInterpreters(program: string, path: string | undefined): string[] {
  const words = readScriptLine(program)
  if (words === undefined) {
    const loader = readLoader(program)
    return loader === null ? [] : [loader]
  }
  const [interpreter, argument] = words
  if (interpreter === undefined || !posix.isAbsolute(interpreter)) return []
  // "#!/usr/bin/env python3" starts two programs.
  const second = posix.basename(interpreter) === 'env' && argument !== undefined
    ? findCommand(argument, path)
    : undefined
  return [interpreter, ...(second === undefined ? [] : [second])].flatMap((each) => {
    const loader = readLoader(each)
    return loader === null ? [each] : [each, loader]
  })
}

/** Reads the words behind "#!". */
function readScriptLine(program: string): string[] | undefined {
  let descriptor: number
  try {
    descriptor = openSync(program, 'r')
  } catch {
    return undefined
  }
  try {
    const head = Buffer.alloc(FIRST_LINE)
    const length = readSync(descriptor, head, 0, head.length, 0)
    const [line = ''] = head.toString('latin1', 0, length).split('\n', 1)
    return line.startsWith('#!') ? line.slice(2).trim().split(/[ \t]+/) : undefined
  } catch {
    // A directory: each program below it may be started.
    return undefined
  } finally {
    closeSync(descriptor)
  }
}
