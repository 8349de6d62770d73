#!/usr/bin/env node
import dotenv from 'dotenv'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit, auditUsage } from './audit/audit.ts'
import { readAuthorities } from './audit/forward/receiver.ts'
import { history, historyUsage } from './audit/history.ts'
import { report, reportUsage } from './audit/report.ts'
import { whoHeld, whoHeldUsage } from './audit/who-held.ts'
import { checkCatalog } from './catalog/check.ts'
import { CatalogError } from './catalog/problem.ts'
import { ConfigError, readAuditSettings, readConfig, readPlaces } from './config.ts'
import { strangerBehind } from './connectors/whose.ts'
import { doctor, doctorUsage } from './doctor/doctor.ts'
import type { Log } from './domain/ports/log.ts'
import { enrol, enrolUsage } from './enrol.ts'
import { init, initUsage } from './init/init.ts'
import { kindsFor } from './kinds.ts'
import { sayWhatIsReached } from './reach.ts'
import { keys, keysUsage } from './keys.ts'
import { createLog, redacted } from './log.ts'
import { start } from './main.ts'
import { Unusable } from './mongo/unusable.ts'
import { reconcileSystems, reconcileUsage } from './reconcile.ts'
import { scimTokens, scimUsage } from './scim-tokens.ts'
import { simulateCatalog, simulateUsage } from './simulate.ts'
import { SlackRefused } from './slack/wire/wrong-token.ts'
import { SlackSilent, type Said } from './who/open.ts'
import { devices, devicesUsage } from './who/devices.ts'
import { people, peopleUsage } from './who/people.ts'
import { unused, unusedUsage } from './who/unused.ts'
import { whoCanHave, whoCanUsage } from './who/who-can.ts'

const usage = `${initUsage}
curfew start              run the app; reads the environment and .env
  --after-restore         the database was restored from a backup: give nothing before all is explained
curfew check [path]       check a catalog (a file or a folder; default: CATALOG)
  --strict-env            a \${VARIABLE} that is not set is an error
  --reach                 ask each system too whether Curfew may do there what the catalog says
${doctorUsage}
${reconcileUsage}
${simulateUsage}
${peopleUsage}
${whoCanUsage}
${unusedUsage}
${devicesUsage}
${scimUsage}
${keysUsage}
${auditUsage}
${whoHeldUsage}
${historyUsage}
${reportUsage}
${enrolUsage}`

async function main(words: readonly string[]): Promise<void> {
  dotenv.config({ quiet: true })
  const [verb, ...rest] = words
  switch (verb) {
    case 'start':
      return startApp({ isAfterRestore: rest.includes('--after-restore') })
    case 'init':
      process.exitCode = await init(rest, process.env, {
        input: process.stdin,
        output: process.stdout,
        errors: process.stderr,
      })
      return
    case 'check':
      return check(rest)
    case 'doctor':
      return look(rest)
    case 'reconcile': {
      const { text, differs } = await reconcileSystems(rest, process.env)
      console.log(text)
      process.exitCode = differs ? 1 : 0
      return
    }
    case 'simulate':
      console.log(await simulateCatalog(rest, process.env))
      return
    case 'people':
      say(await people(rest, process.env))
      return
    case 'who-can':
      say(await whoCanHave(rest, process.env))
      return
    case 'devices':
      say(await devices(rest, process.env))
      return
    case 'unused':
      say(await unused(rest, process.env))
      return
    case 'scim':
      console.log(await scimTokens(rest, process.env))
      return
    case 'enrol':
      console.log(await enrol(rest, process.env))
      return
    case 'who-held':
      say(await whoHeld(rest, process.env))
      return
    case 'history':
      say(await history(rest, process.env))
      return
    case 'report':
      say(await report(rest, process.env))
      return
    case 'audit':
      say(await audit(rest, process.env))
      return
    case 'keys':
      say(await keys(rest, process.env))
      return
    default:
      console.error(usage)
      process.exitCode = verb === 'help' || verb === '--help' ? 0 : 2
  }
}

function say({ text, exitCode }: Said): void {
  if (text !== '') console.log(text)
  process.exitCode = exitCode
}

async function look(rest: readonly string[]): Promise<void> {
  const { text, exitCode } = await doctor(rest, process.env)
  if (exitCode === 2) console.error(text)
  else console.log(text)
  process.exitCode = exitCode
  // What was given up may hang for long; nobody waits for it.
  setTimeout(() => process.exit(), 1_000).unref()
}

async function startApp({ isAfterRestore }: { isAfterRestore: boolean }): Promise<void> {
  const config = readConfig(process.env)
  const log = createLog(config.logLevel)
  const running = start(config, { log, environment: process.env, isAfterRestore })
  const stopOnce = once(async () => {
    // Longer than the longest call and its preparation; whatever hangs then is left to the leases.
    setTimeout(() => process.exit(1), 20_000).unref()
    // Not up yet: it waits for MongoDB or Slack; what a lease covers needs no finishing.
    const app = await Promise.race([running, sleep(500, null)])
    await app?.stop()
    process.exit(0)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stopOnce)
  process.on('uncaughtException', (error) => {
    if (sayWhoseItIs(log, error)) return
    log.error('uncaught exception', { error })
    process.exit(1)
  })
  process.on('unhandledRejection', (error) => {
    if (!sayWhoseItIs(log, error)) log.error('unhandled rejection', { error })
  })
  await running
}

/** What a stranger's connector throws where nobody waits for it ends nothing of ours. False: it is none of a stranger's. */
function sayWhoseItIs(log: Log, error: unknown): boolean {
  const connector = strangerBehind(error)
  if (connector === null) return false
  const what = 'a connector threw where nobody waits for it'
  try {
    log.error(what, { connector, error })
  } catch {
    log.error(what, { connector, error: 'it cannot be read' })
  }
  return true
}

/** A second signal changes nothing. */
function once(work: () => Promise<void>): () => void {
  let isUnderWay = false
  return () => {
    if (!isUnderWay) void work()
    isUnderWay = true
  }
}

async function check(rest: readonly string[]): Promise<void> {
  const path = rest.find((word) => !word.startsWith('--')) ?? readPlaces(process.env).catalogPath
  if (path === undefined) {
    console.error('Which catalog? Name a file or a folder, or set CATALOG.')
    process.exitCode = 2
    return
  }
  const { auditForward } = readAuditSettings(process.env)
  if (auditForward !== null) await readAuthorities(auditForward)
  const { kinds } = await kindsFor(process.env, path)
  const strictEnv = rest.includes('--strict-env')
  const { ok, problems, warnings, summary } = await checkCatalog(path, process.env, kinds, { strictEnv })
  for (const line of [...problems, ...warnings.map((warning) => `warning: ${warning}`)]) console.error(line)
  if (ok) console.log(summary)
  const isReached =
    ok && rest.includes('--reach')
      ? await sayWhatIsReached(path, process.env, (line) => console.log(line))
      : true
  process.exitCode = ok && isReached ? 0 : 1
}

/** Of `parseArgs`: an option that there is not. */
const isWrongOption = (error: unknown): error is Error =>
  error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

main(process.argv.slice(2)).catch((error: unknown) => {
  const isPlain =
    error instanceof ConfigError ||
    error instanceof CatalogError ||
    error instanceof SlackRefused ||
    error instanceof SlackSilent ||
    error instanceof Unusable ||
    isWrongOption(error)
  console.error(redacted(isPlain ? error.message : error))
  process.exit(1)
})
