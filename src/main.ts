import { main } from '#cli'
import process from 'node:process'

const code = await main(process)
// Said explicitly, once everything is written: a connection that lingers must not keep a finished program alive.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise((resolve) => stream.write('', resolve))
}
process.exit(code)
