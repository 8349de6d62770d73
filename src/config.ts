import { z } from 'zod'

const variables = z.object({
  SLACK_BOT_TOKEN: z.string().regex(/^xoxb-\S+$/, 'must be a bot token, xoxb-…'),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-\S+$/, 'must be an app-level token, xapp-…')
    .optional(),
  SLACK_SIGNING_SECRET: z.string().min(8, 'is too short for a signing secret').optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  MONGODB_URI: z.string().regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://'),
  CATALOG: z.string().min(1, 'must name a file or a folder'),
  SLACK_API_URL: z.url({ protocol: /^https?$/ }).default('https://slack.com/api/'),
  LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
})

const any = z.unknown().optional()

/** Looked at beside the rest, so that everything that is missing is said at once. */
const transport = z
  .object({ SLACK_APP_TOKEN: any, SLACK_SIGNING_SECRET: any, PORT: any })
  .superRefine((env, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (!env.SLACK_APP_TOKEN && !env.SLACK_SIGNING_SECRET) {
      say('SLACK_APP_TOKEN', 'is needed for Socket Mode (or SLACK_SIGNING_SECRET and PORT for HTTP)')
    }
    if (env.SLACK_SIGNING_SECRET && env.PORT === undefined) say('PORT', 'is needed for HTTP')
  })

export interface Config {
  readonly botToken: string
  readonly transport:
    | { readonly kind: 'socket'; readonly appToken: string }
    | { readonly kind: 'http'; readonly signingSecret: string }
  /** Where HTTP is served: health always, Slack's requests in HTTP mode. Null: nothing is served. */
  readonly port: number | null
  readonly mongodbUri: string
  readonly catalogPath: string
  readonly slackApiUrl: string
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug'
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** The environment as Config. HTTP when a signing secret is set, else Socket Mode. Throws `ConfigError`, naming no value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const [parsed, how] = [variables.safeParse(given), transport.safeParse(given)]
  if (!parsed.success || !how.success) {
    const issues = [...(parsed.error?.issues ?? []), ...(how.error?.issues ?? [])]
    const lines = issues.map(({ path, message, code }) => {
      const name = path.join('.')
      return `${name} ${code === 'invalid_type' && given[name] === undefined ? 'is not set' : message}`
    })
    throw new ConfigError(`The environment is not complete:\n${lines.map((line) => `  ${line}`).join('\n')}`)
  }
  const env = parsed.data
  return {
    botToken: env.SLACK_BOT_TOKEN,
    transport: env.SLACK_SIGNING_SECRET
      ? { kind: 'http', signingSecret: env.SLACK_SIGNING_SECRET }
      : { kind: 'socket', appToken: env.SLACK_APP_TOKEN ?? '' },
    port: env.PORT ?? null,
    mongodbUri: env.MONGODB_URI,
    catalogPath: env.CATALOG,
    slackApiUrl: env.SLACK_API_URL.endsWith('/') ? env.SLACK_API_URL : `${env.SLACK_API_URL}/`,
    logLevel: env.LOG_LEVEL,
  }
}
