import { isPhylumError } from '#base'
import type { EditorTypes, EngineName } from '#registry'
import { readDenoTypes } from '#sandbox'
import { readDeclarations } from './bundled.ts'
import type { Context } from './compose.ts'
import { locateEngine } from './locate_engine.ts'

/** Gathers what editors are told about extensions of an engine. Bun has no types to tell; where Deno is missing, so are its own. */
export async function gatherEditorTypes(
  context: Context,
  engine: EngineName,
): Promise<EditorTypes> {
  return {
    declarations: readDeclarations(),
    engine: engine === 'deno' ? await readEngine(context) : undefined,
  }
}

async function readEngine(context: Context): Promise<string | undefined> {
  try {
    return await readDenoTypes((await locateEngine(context, 'deno')).path)
  } catch (error) {
    if (isPhylumError(error, 'ERR_SANDBOX_ENGINE')) return undefined
    throw error
  }
}
