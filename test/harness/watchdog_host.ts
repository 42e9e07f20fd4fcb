/** A host that starts a watchdog and then does nothing: `watchdog_host.ts GROUP DIRECTORY`. */
import { startWatchdog } from '#sandbox'
import process from 'node:process'

const [group, directory] = process.argv.slice(2)
startWatchdog(Number(group), directory!)
console.log('ready')
setInterval(() => {}, 1000)
