/** Prints the integrity of an extension's pack: `pack_bytes.ts DIRECTORY`. Run in each runtime, it must print the same. */
import process from 'node:process'
import { packExtension } from '../../src/registry/pack.ts'

console.log((await packExtension(process.argv[2]!)).integrity)
