/** What extensions are begun with, and checked; loaded by the commands that do so. */
export { compareGrants } from './author/compare_grants.ts'
export { createExtension } from './author/create_extension.ts'
export { makeEditorFiles, refreshEditorFiles } from './author/editor_files.ts'
export { isTest, listModules } from './author/list_modules.ts'
export { scanExtension } from './author/scan_extension.ts'
export { makeFiles } from './author/templates.ts'
