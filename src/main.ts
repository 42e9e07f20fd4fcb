import { main } from '#cli'
import process from 'node:process'

// Said explicitly: a connection that lingers must not keep a finished program alive. All output is written by now.
process.exit(await main(process))
