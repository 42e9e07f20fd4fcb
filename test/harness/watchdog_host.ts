/** A host that starts a watchdog, has a guest if a group is named, and then does nothing: `watchdog_host.ts GROUP DIRECTORY`. */
import { startWatchdog } from '#sandbox'
import process from 'node:process'

const [group, directory] = process.argv.slice(2)
const watchdog = startWatchdog(directory!)
if (group !== '') watchdog.guard(Number(group))
console.log('ready')
setInterval(() => {}, 1000)
