import { parseArgs } from 'node:util'
import { hide } from '../log.ts'
import { hideVariables } from '../reload.ts'
import type { Said } from '../who/open.ts'
import { runChecks } from './check.ts'
import { checks } from './checks.ts'
import { reportOf, reportSchema } from './finding.ts'
import { openInstallation } from './installation.ts'
import { asText } from './words.ts'

export const doctorUsage = `curfew doctor             look at everything that Curfew needs, and say what is wrong and what to do; changes nothing
  --json                  as JSON; either way it ends with 0 where all is right, with 1 where anything is not`

/**
 * Looks at the whole installation that the environment names. Ends with 0 where all is right, 1 where anything is wrong or
 * could not be asked, 2 where it was called wrongly. Never throws for what it looks at.
 */
export async function doctor(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  now: () => Date = () => new Date(),
): Promise<Said> {
  const asked = optionsOf(words)
  if (asked === null) return { text: doctorUsage, exitCode: 2 }
  await hideSecrets(environment)
  const installation = openInstallation(environment, now)
  try {
    const report = reportOf(await runChecks(checks, installation))
    const text = asked.isJson ? JSON.stringify(reportSchema.parse(report), null, 2) : asText(report)
    return { text, exitCode: report.verdict === 'right' ? 0 : 1 }
  } finally {
    await installation.close()
  }
}

function optionsOf(words: readonly string[]): { isJson: boolean } | null {
  try {
    const options = { json: { type: 'boolean', default: false } } as const
    return { isJson: parseArgs({ args: [...words], options }).values.json }
  } catch {
    return null
  }
}

const secretNames = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'MONGODB_URI',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'http_proxy',
  'https_proxy',
] as const

/** As they are written, also where they are written wrongly. */
async function hideSecrets(environment: NodeJS.ProcessEnv): Promise<void> {
  for (const name of secretNames) hide((environment[name] ?? '').trim())
  for (const key of (environment['CURFEW_KEYS'] ?? '').split(','))
    hide(key.slice(key.indexOf(':') + 1).trim())
  const path = (environment['CATALOG'] ?? '').trim()
  if (path !== '') await hideVariables(path, environment)
}
