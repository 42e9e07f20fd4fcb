/** Runs one trial of a wall and prints how it fared: `wall_child.ts TRIAL.json`. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { tryWall } from './wall.ts'

const { trial, program } = JSON.parse(readFileSync(process.argv[2]!, 'utf8'))
console.log(JSON.stringify({ fared: await tryWall(trial, program) }))
process.exit(0)
