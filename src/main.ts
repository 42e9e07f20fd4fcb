import { main } from '#cli'
import process from 'node:process'

process.exitCode = await main(process)
