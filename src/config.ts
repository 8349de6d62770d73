import { auditKeyPlaces, withAuditKeys, withAuditKeysOrWhyNot } from './audit-keys.ts'
import { ConfigError } from './config-error.ts'
import { parseDuration } from './domain/duration.ts'
import { isAbsolute, normalize } from 'node:path'
import { z } from 'zod'
import type { AwsPlace } from './audit/bucket/place.ts'
import {
  forwardPlace,
  forwardSettings,
  forwardVariables,
  type ForwardSettings,
} from './audit/forward/settings.ts'
import { auditTogether, awsPlace, bucketTogether, checkpointsFault } from './audit/settings.ts'
import { ringKeys, type RingKeys } from './domain/ring-keys.ts'
import type { Proxies } from './domain/connector.ts'
import { trustedProxies, type ClientAddress } from './web/trusted-proxies.ts'

const quote = /^["'`]|["'`]$/
const unwritable = /[^\x21-\x7e]/

/** One word of a secret or an address: what an editor, a shell or Docker's --env-file left in it is no part of it. */
const word = z
  .string()
  .refine((text) => !quote.test(text), 'is in quotes, which are no part of it')
  .refine((text) => !unwritable.test(text), 'has a space, or a character that is not printable, in it')

/** As curl reads it: without a scheme it is http. */
const proxyUrl = word
  .transform((text) => (text.includes('://') ? text : `http://${text}`))
  .pipe(z.url({ protocol: /^https?$/, error: 'must be the http or https address of a proxy' }))
  .optional()

const path = z
  .string({ error: 'must name a file or a folder' })
  .refine((text) => !quote.test(text), 'is in quotes, which are no part of it')
  .refine((text) => !/\p{C}/u.test(text), 'has a character that is not printable in it')

/** Encrypted, or never leaving this machine. */
function isSafe(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a number')
  .transform(Number)
  .refine((port) => port <= 65_535, 'must be at most 65535')

const variables = z.object({
  SLACK_BOT_TOKEN: word.regex(/^xoxb-\S+$/, 'must be a bot token, xoxb-…'),
  SLACK_APP_TOKEN: word.regex(/^xapp-\S+$/, 'must be an app-level token, xapp-…').optional(),
  SLACK_SIGNING_SECRET: word.min(8, 'is too short for a signing secret').optional(),
  PORT: port.optional(),
  PUBLIC_URL: word
    .pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }))
    .refine(isSafe, 'must be https: what is shown there is secret')
    .optional(),
  TRUSTED_PROXIES: trustedProxies.optional(),
  CURFEW_KEYS: word.pipe(ringKeys).optional(),
  AUDIT_KEYS: word.pipe(ringKeys).optional(),
  AUDIT_KEEP: word
    .pipe(z.string().refine(isLong, 'must be a length of time of a day at least, such as 400d'))
    .optional(),
  AUDIT_CHECKPOINTS: path.superRefine(checkpoints).optional(),
  AUDIT_FORWARD: path.pipe(forwardPlace).optional(),
  AUDIT_FORWARD_CA: path.optional(),
  ...forwardVariables,
  AWS_REGION: word.optional(),
  AWS_DEFAULT_REGION: word.optional(),
  AWS_ENDPOINT_URL_S3: word.optional(),
  AWS_ENDPOINT_URL: word.optional(),
  METRICS_PORT: port.optional(),
  METRICS_HOST: word.optional(),
  METRICS_TOKEN: word.min(16, 'is too short: openssl rand -hex 32 makes one').optional(),
  MONGODB_URI: word.regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://'),
  CATALOG: path,
  SLACK_API_URL: word
    .pipe(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }))
    .default('https://slack.com/api/'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug'], { error: 'must be error, warn, info or debug' })
    .default('info'),
  HTTP_PROXY: proxyUrl,
  HTTPS_PROXY: proxyUrl,
  NO_PROXY: z
    .string()
    .refine((text) => !quote.test(text), 'is in quotes, which are no part of it')
    .default(''),
})

const DAY_MS = 86_400_000
function isLong(text: string): boolean {
  const ms = parseDuration(text)
  return ms !== null && ms >= DAY_MS
}

function checkpoints(place: string, context: z.RefinementCtx): void {
  const fault = checkpointsFault(place)
  if (fault !== null) context.addIssue({ code: 'custom', message: fault })
}

/** Why a text cannot be the value of that variable, for whoever asks for one; null: it can. Names no part of it. */
export const faultOf = (name: keyof typeof variables.shape, text: string): string | null =>
  variables.shape[name].safeParse(text).error?.issues[0]?.message ?? null

const any = z.unknown().optional()

/** Looked at beside the rest, so that everything that is missing is said at once. */
const transport = z
  .object({
    SLACK_APP_TOKEN: any,
    SLACK_SIGNING_SECRET: any,
    PORT: any,
    PUBLIC_URL: any,
    AUDIT_KEYS: any,
    AUDIT_KEEP: any,
  })
  .superRefine((env, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (!env.SLACK_APP_TOKEN && !env.SLACK_SIGNING_SECRET) {
      say('SLACK_APP_TOKEN', 'is needed for Socket Mode (or SLACK_SIGNING_SECRET and PORT for HTTP)')
    }
    if (env.SLACK_SIGNING_SECRET && env.PORT === undefined) say('PORT', 'is needed for HTTP')
    if (env.AUDIT_KEEP && !env.AUDIT_KEYS) say('AUDIT_KEYS', 'is needed for a record that is kept so long')
  })

/** Likewise. Where metrics are served must be meant: a token that nobody could show anywhere is a mistake. */
const metrics = z
  .object({ PORT: any, METRICS_PORT: any, METRICS_HOST: any, METRICS_TOKEN: any })
  .superRefine((env, context) => {
    const say = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (env.METRICS_HOST && !env.METRICS_PORT) say('METRICS_HOST', 'means nothing without METRICS_PORT')
    if (env.METRICS_TOKEN && !env.METRICS_PORT && !env.PORT)
      say('METRICS_TOKEN', 'needs PORT or METRICS_PORT, where it is shown')
    if (env.METRICS_PORT && env.METRICS_PORT === env.PORT && env.PORT !== '0')
      say('METRICS_PORT', 'must be another than PORT')
  })

export interface Config {
  readonly botToken: string
  readonly transport:
    | { readonly kind: 'socket'; readonly appToken: string }
    | { readonly kind: 'http'; readonly signingSecret: string }
  /** Where HTTP is served: health always, Slack's requests in HTTP mode. Null: nothing is served. */
  readonly port: number | null
  /** Where people's browsers reach us, without a slash at its end; null: there are no pages. */
  readonly publicUrl: string | null
  /** Who sent a request, by the proxies that are trusted to say so; null: nobody said which. */
  readonly clientOf: ClientAddress | null
  /** What secrets in the database are sealed by, the current one first; null: nothing can be sealed. */
  readonly keys: RingKeys | null
  /** What the chain over everything that happened is marked by, the current one first; null: there is no chain. */
  readonly auditKeys: RingKeys | null
  /** A file, an address or a bucket: where checkpoints of the chain are kept. Null: nowhere. */
  readonly auditCheckpoints: string | null
  /** How long what stands in the chain is kept; null: for ever. */
  readonly auditKeepMs: number | null
  /** Where the chain is sent on to as it grows; null: nowhere. */
  readonly auditForward: ForwardSettings | null
  /** Which S3 buckets are in; null: nobody says so. */
  readonly aws: AwsPlace | null
  /** Where metrics are served, and to whom; null: nowhere. */
  readonly metrics: MetricsConfig | null
  readonly mongodbUri: string
  readonly catalogPath: string
  readonly slackApiUrl: string
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug'
  /** How what goes out by HTTP gets there; null: straight. */
  readonly proxies: Proxies | null
}

export interface MetricsConfig {
  /** A port of their own; null: the one of everything else, to whoever shows the token. */
  readonly own: { readonly port: number; readonly host: string } | null
  /** Null: to everybody who reaches their own port. */
  readonly token: string | null
}

export { ConfigError } from './config-error.ts'

/** What of it nobody may read in a log. */
export function secretsOf({
  botToken,
  transport,
  mongodbUri,
  proxies,
  keys,
  auditKeys,
  auditForward,
  metrics,
}: Config): string[] {
  const ofSlack = transport.kind === 'http' ? transport.signingSecret : transport.appToken
  const ofRing = [...(keys ?? []), ...(auditKeys ?? [])].map(({ base64 }) => base64)
  return [
    botToken,
    ofSlack,
    mongodbUri,
    proxies?.http ?? '',
    proxies?.https ?? '',
    metrics?.token ?? '',
    auditForward?.secret ?? '',
    // A token in an address is as secret as any other.
    auditForward?.place.kind === 'webhook' ? new URL(auditForward.place.url).search.slice(1) : '',
    ...ofRing,
  ]
}

/** Which of what confirming needs is set. */
export const isSetIn =
  ({ publicUrl, port, keys }: Pick<Config, 'publicUrl' | 'port' | 'keys'>) =>
  (variable: 'PUBLIC_URL' | 'PORT' | 'CURFEW_KEYS'): boolean =>
    ({ PUBLIC_URL: publicUrl, PORT: port, CURFEW_KEYS: keys })[variable] !== null

type Environment = Readonly<Record<string, string | undefined>>

/** The environment as Config. HTTP when a signing secret is set, else Socket Mode. Throws `ConfigError`, naming no value. */
export function readConfig(environment: Environment): Config {
  const given = withAuditKeys(cleaned(environment))
  const issues = [transport, auditTogether, metrics].flatMap(
    (one) => one.safeParse(given).error?.issues ?? [],
  )
  const env = read(variables, given, issues)
  return {
    botToken: env.SLACK_BOT_TOKEN,
    transport: env.SLACK_SIGNING_SECRET
      ? { kind: 'http', signingSecret: env.SLACK_SIGNING_SECRET }
      : { kind: 'socket', appToken: env.SLACK_APP_TOKEN ?? '' },
    port: env.PORT ?? null,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    clientOf: env.TRUSTED_PROXIES ?? null,
    keys: env.CURFEW_KEYS ?? null,
    auditKeys: env.AUDIT_KEYS ?? null,
    auditCheckpoints: env.AUDIT_CHECKPOINTS ?? null,
    auditKeepMs: env.AUDIT_KEEP === undefined ? null : parseDuration(env.AUDIT_KEEP),
    auditForward: forwardSettings(env),
    aws: awsPlace(env),
    metrics: metricsOf(env),
    mongodbUri: env.MONGODB_URI,
    catalogPath: env.CATALOG,
    slackApiUrl: withSlash(env.SLACK_API_URL),
    logLevel: env.LOG_LEVEL,
    proxies: proxiesOf(env),
  }
}

function metricsOf(env: z.infer<typeof variables>): MetricsConfig | null {
  const { METRICS_PORT: port, METRICS_HOST: host = '127.0.0.1' } = env
  const token = env.METRICS_TOKEN ?? null
  if (port !== undefined) return { own: { port, host }, token }
  return token === null ? null : { own: null, token }
}

const proxyVariables = variables.pick({ HTTP_PROXY: true, HTTPS_PROXY: true, NO_PROXY: true })

function proxiesOf(env: z.infer<typeof proxyVariables>): Proxies | null {
  if (env.HTTP_PROXY === undefined && env.HTTPS_PROXY === undefined) return null
  return { http: env.HTTP_PROXY ?? null, https: env.HTTPS_PROXY ?? null, except: env.NO_PROXY }
}

/** For commands that start no app and reach systems. Throws `ConfigError` likewise. */
export const readProxies = (environment: Environment): Proxies | null =>
  proxiesOf(read(proxyVariables, cleaned(environment)))

const slackPlace = proxyVariables.extend(variables.pick({ SLACK_API_URL: true }).shape)

/** Where Slack is, for who has a token that is in no environment yet. Throws `ConfigError` likewise. */
export function readSlackPlace(environment: Environment): Pick<Config, 'slackApiUrl' | 'proxies'> {
  const env = read(slackPlace, cleaned(environment))
  return { slackApiUrl: withSlash(env.SLACK_API_URL), proxies: proxiesOf(env) }
}

const place = variables.pick({ CATALOG: true, MONGODB_URI: true }).partial()

/** For commands that start no app: the catalog's path and the database, where they are set. Throws `ConfigError` likewise. */
export function readPlaces(environment: Environment): { catalogPath?: string; mongodbUri?: string } {
  const { CATALOG: catalogPath, MONGODB_URI: mongodbUri } = read(place, cleaned(environment))
  return {
    ...(catalogPath === undefined ? {} : { catalogPath }),
    ...(mongodbUri === undefined ? {} : { mongodbUri }),
  }
}

const peoplePlace = variables.pick({
  SLACK_BOT_TOKEN: true,
  SLACK_API_URL: true,
  MONGODB_URI: true,
  CATALOG: true,
  HTTP_PROXY: true,
  HTTPS_PROXY: true,
  NO_PROXY: true,
})

/** For commands that start no app and ask about people: all of it is needed. Throws `ConfigError` likewise. */
export function readPeoplePlaces(
  environment: Environment,
): Pick<Config, 'botToken' | 'slackApiUrl' | 'mongodbUri' | 'catalogPath' | 'proxies'> {
  const env = read(peoplePlace, cleaned(environment))
  return {
    botToken: env.SLACK_BOT_TOKEN,
    slackApiUrl: withSlash(env.SLACK_API_URL),
    mongodbUri: env.MONGODB_URI,
    catalogPath: env.CATALOG,
    proxies: proxiesOf(env),
  }
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`)

const scimPlace = variables.pick({ MONGODB_URI: true, PUBLIC_URL: true }).partial()

/** For commands about directories: the database, and where we are reached. Throws `ConfigError` likewise. */
export function readScimPlaces(environment: Environment): { mongodbUri?: string; publicUrl?: string } {
  const { MONGODB_URI: mongodbUri, PUBLIC_URL: publicUrl } = read(scimPlace, cleaned(environment))
  return {
    ...(mongodbUri === undefined ? {} : { mongodbUri }),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/, '') }),
  }
}

const auditPlace = variables.pick({ MONGODB_URI: true, AUDIT_KEYS: true })

/** For what is asked of the chain and no app. Throws `ConfigError` likewise. */
export function readAuditPlaces(environment: Environment): { mongodbUri: string; auditKeys: RingKeys } {
  const { MONGODB_URI: mongodbUri, AUDIT_KEYS: auditKeys } = read(
    auditPlace,
    withAuditKeys(cleaned(environment)),
  )
  if (auditKeys === undefined) throw new ConfigError('AUDIT_KEYS is not set: curfew keys new prints a key')
  return { mongodbUri, auditKeys }
}

/** Whether there is a record, in which what is done at the command line stands too. */
export function isRecorded(environment: Environment): boolean {
  const given = cleaned(environment)
  return auditKeyPlaces.some((name) => given[name] !== undefined)
}

const auditSettings = variables.pick({
  AUDIT_KEYS: true,
  AUDIT_CHECKPOINTS: true,
  AUDIT_FORWARD: true,
  AUDIT_FORWARD_FORMAT: true,
  AUDIT_FORWARD_FROM: true,
  AUDIT_FORWARD_SECRET: true,
  AUDIT_FORWARD_CA: true,
  AUDIT_FORWARD_BYTES: true,
})

/**
 * What of the record's settings is set, where no app is started. Throws `ConfigError` as the app would at its start; keys that
 * stand elsewhere are not fetched.
 */
export function readAuditSettings(environment: Environment): Pick<Config, 'auditForward'> {
  const given = cleaned(environment)
  const issues = auditTogether.safeParse(given).error?.issues ?? []
  const stand = issues.filter(({ path: [name] }) => name !== 'AUDIT_KEYS' || !isRecorded(environment))
  return { auditForward: forwardSettings(read(auditSettings, given, stand)) }
}

const awsVariables = variables.pick({
  AWS_REGION: true,
  AWS_DEFAULT_REGION: true,
  AWS_ENDPOINT_URL_S3: true,
  AWS_ENDPOINT_URL: true,
})

/** Which S3 a bucket is in that a command names. Throws `ConfigError` likewise. */
export function readAwsPlace(environment: Environment): AwsPlace {
  const given = cleaned(environment)
  const place = awsPlace(read(awsVariables, given, bucketTogether.safeParse(given).error?.issues))
  if (place === null) throw new ConfigError('AWS_REGION is not set')
  return place
}

const ringPlace = variables.pick({ MONGODB_URI: true, CURFEW_KEYS: true })

/** For what is done with keys and no app: both are needed. Throws `ConfigError` likewise. */
export function readRingPlaces(environment: Environment): { mongodbUri: string; keys: RingKeys } {
  const { MONGODB_URI: mongodbUri, CURFEW_KEYS: keys } = read(ringPlace, cleaned(environment))
  if (keys === undefined) throw new ConfigError('CURFEW_KEYS is not set: curfew keys new prints a key')
  return { mongodbUri, keys }
}

/** Which files and programs catalogs may name: paths, and folders as `/run/secrets/*`, with commas between. */
export function opensFiles(environment: Environment): (path: string) => boolean {
  const listed = (environment['CATALOG_FILES'] ?? '').split(',').map((path) => path.trim())
  return (path) => {
    // `/run/secrets/../…` leads elsewhere.
    if (!isAbsolute(path) || normalize(path) !== path) return false
    return listed.some((one) => (one.endsWith('/*') ? path.startsWith(one.slice(0, -1)) : one === path))
  }
}

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** Without what surrounds a value, and without what is empty then. Of proxies the lower case counts first, as everywhere. */
function cleaned(environment: Environment): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value = '']) => (value.trim() ? [[name, value.trim()]] : [])),
  )
  for (const name of proxyNames) {
    const lower = given[name.toLowerCase()]
    if (lower !== undefined) given[name] = lower
  }
  return given
}

type Issue = z.core.$ZodIssue

function read<T>(schema: z.ZodType<T>, given: Record<string, string>, more: readonly Issue[] = []): T {
  const parsed = schema.safeParse(given)
  if (parsed.success && more.length === 0) return parsed.data
  const wrong = saidOf([...(parsed.error?.issues ?? []), ...more], given)
  const lines = [...wrong].map(([name, words]) => `  ${name} ${words}`)
  throw new ConfigError(`The environment is not complete:\n${lines.join('\n')}`)
}

/** What is wrong with each variable, said once. */
function saidOf(issues: readonly Issue[], given: Record<string, string>): Map<string, string> {
  const wrong = new Map<string, string>()
  for (const { path, message, code } of issues) {
    const name = path.join('.')
    const words = code === 'invalid_type' && given[name] === undefined ? 'is not set' : message
    if (!wrong.has(name)) wrong.set(name, words)
  }
  return wrong
}

/** The environment as far as it can be read: null where a variable is not set, or is wrong. */
export interface Parts extends Pick<
  Config,
  'port' | 'publicUrl' | 'keys' | 'auditKeys' | 'auditCheckpoints' | 'proxies'
> {
  /** Null where it is wrong: tokens are for nobody else then. */
  readonly slackApiUrl: string | null
  readonly botToken: string | null
  readonly appToken: string | null
  readonly signingSecret: string | null
  readonly mongodbUri: string | null
  readonly catalogPath: string | null
  /** Certificates of the receiver of the record. */
  readonly auditForwardCa: string | null
  /** Why Curfew would not start with it: variables, and what is wrong with each. Names no value. */
  readonly wrong: ReadonlyMap<string, string>
}

/** Each variable by itself, so that one that is wrong hides no other: for who says all that is wrong. Never throws. */
export function readParts(environment: Environment): Parts {
  const { given, fault } = withAuditKeysOrWhyNot(cleaned(environment))
  const issues = [variables, transport, auditTogether, metrics].flatMap(
    (schema) => schema.safeParse(given).error?.issues ?? [],
  )
  const wrong = saidOf(issues, given)
  if (fault !== null) wrong.set('AUDIT_KEYS', fault)
  const of = <T>(name: string, schema: z.ZodType<T>): T | undefined => schema.safeParse(given[name]).data
  const each = variables.shape
  const slackApiUrl = of('SLACK_API_URL', each.SLACK_API_URL)
  return {
    botToken: of('SLACK_BOT_TOKEN', each.SLACK_BOT_TOKEN) ?? null,
    appToken: of('SLACK_APP_TOKEN', each.SLACK_APP_TOKEN) ?? null,
    signingSecret: of('SLACK_SIGNING_SECRET', each.SLACK_SIGNING_SECRET) ?? null,
    port: of('PORT', each.PORT) ?? null,
    publicUrl: of('PUBLIC_URL', each.PUBLIC_URL)?.replace(/\/+$/, '') ?? null,
    keys: of('CURFEW_KEYS', each.CURFEW_KEYS) ?? null,
    auditKeys: of('AUDIT_KEYS', each.AUDIT_KEYS) ?? null,
    auditCheckpoints: of('AUDIT_CHECKPOINTS', each.AUDIT_CHECKPOINTS) ?? null,
    auditForwardCa: of('AUDIT_FORWARD_CA', each.AUDIT_FORWARD_CA) ?? null,
    mongodbUri: of('MONGODB_URI', each.MONGODB_URI) ?? null,
    catalogPath: of('CATALOG', each.CATALOG) ?? null,
    slackApiUrl: slackApiUrl === undefined ? null : withSlash(slackApiUrl),
    proxies: proxiesOf({
      HTTP_PROXY: of('HTTP_PROXY', each.HTTP_PROXY),
      HTTPS_PROXY: of('HTTPS_PROXY', each.HTTPS_PROXY),
      NO_PROXY: of('NO_PROXY', each.NO_PROXY) ?? '',
    }),
    wrong,
  }
}
