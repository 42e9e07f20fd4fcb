/** A program for BROWSER: `browse.ts [FIELD=VALUE]… ADDRESS` signs in as Ada, and ends. */
import process from 'node:process'
import { signIn } from './sign_in.ts'

const words = process.argv.slice(2)
const answers = Object.fromEntries(words.slice(0, -1).map((word) => word.split(/=(.*)/s)))
await signIn(words.at(-1)!, answers)
