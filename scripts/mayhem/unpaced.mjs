// The built app as `curfew start` runs it, but that it writes to Slack as fast as there is something to tell: what takes
// Slack's own limits an hour is to be seen in minutes.
import { setTimeout } from 'node:timers'
import { readConfig } from '../../dist/config.js'
import { createLog } from '../../dist/log.js'
import { start } from '../../dist/main.js'

const config = readConfig(process.env)
const log = createLog(config.logLevel)
const running = start(config, { log, environment: process.env, isPaced: false })
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(1), 20_000).unref()
  void running.then((app) => app.stop()).then(() => process.exit(0))
})
process.on('uncaughtException', (error) => {
  log.error('uncaught exception', { error })
  process.exit(1)
})
process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }))
await running
