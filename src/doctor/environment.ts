import { readAuthorities } from '../audit/forward/receiver.ts'
import { ConfigError } from '../config-error.ts'
import type { Check } from './check.ts'
import { right, wrong } from './finding.ts'

/** What `curfew start` would say of the environment, a line for each variable. */
export const environmentCheck: Check = {
  area: 'Environment',
  about: 'variables',
  withinMs: 1_000,
  ask: async ({ parts }) => {
    const found = [...parts.wrong].map(([variable, says]) =>
      wrong(variable, says, remedies[variable] ?? usual),
    )
    const unread = await authoritiesFault(parts.auditForwardCa)
    if (unread !== null)
      found.push(wrong('AUDIT_FORWARD_CA', unread, 'Let whoever runs Curfew read that file.'))
    return found.length > 0 ? found : [right('variables', 'all that Curfew needs can be read')]
  },
}

/** Nothing starts where it names what cannot be read. */
async function authoritiesFault(caPath: string | null): Promise<string | null> {
  try {
    await readAuthorities({ caPath })
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const usual = 'Write it in .env, or in the environment of the process: .env.example says how each looks.'

const remedies: Readonly<Record<string, string>> = {
  SLACK_BOT_TOKEN: 'Copy it from OAuth & Permissions of your app at api.slack.com/apps, after installing it.',
  SLACK_APP_TOKEN:
    'Make an app-level token with connections:write on the first page of your app at api.slack.com/apps; for HTTP set SLACK_SIGNING_SECRET and PORT instead.',
  SLACK_SIGNING_SECRET: 'Copy it from the first page of your app at api.slack.com/apps.',
  MONGODB_URI: 'Name a replica set: mongodb://host:27017/curfew?replicaSet=rs0',
  CATALOG: 'Name a YAML file, or a folder of them: docs/catalog.md. One of examples/ is a beginning.',
  PUBLIC_URL: 'Name the https address at which browsers reach PORT.',
  CURFEW_KEYS: 'curfew keys new prints one.',
  AUDIT_KEYS: 'curfew keys new prints one: docs/audit.md.',
}
