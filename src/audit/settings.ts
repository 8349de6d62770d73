import { z } from 'zod'
import { safeUrl } from '../domain/safe-url.ts'
import { bucketOf, isInBucket, type AwsPlace } from './bucket/place.ts'

/** Why checkpoints cannot be kept there; null: they can. What is sent there is signed and no secret, but who could answer for it could keep it back. */
export function checkpointsFault(place: string): string | null {
  if (isInBucket(place)) return bucketOf(place) === null ? 'must name a bucket: s3://bucket/prefix' : null
  if (URL.canParse(place)) {
    const { username, password } = new URL(place)
    if (username !== '' || password !== '') return 'may hold no user or password'
  }
  const isKept = /^https:\/\//.test(place) ? URL.canParse(place) : !/^[a-z][a-z\d+.-]*:\/\//i.test(place)
  return isKept ? null : 'must be a file, an https address or s3://bucket/prefix'
}

interface AwsVariables {
  readonly AWS_REGION?: string | undefined
  readonly AWS_DEFAULT_REGION?: string | undefined
  readonly AWS_ENDPOINT_URL_S3?: string | undefined
  readonly AWS_ENDPOINT_URL?: string | undefined
}

/** Null: nobody says in which region. */
export function awsPlace(env: AwsVariables): AwsPlace | null {
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  if (region === undefined) return null
  return { region, endpoint: env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL ?? null }
}

const text = z.string().optional()
const ofAws = {
  AWS_REGION: text,
  AWS_DEFAULT_REGION: text,
  AWS_ENDPOINT_URL_S3: text,
  AWS_ENDPOINT_URL: text,
}

type Say = (path: string, message: string) => void
const saying =
  (context: z.RefinementCtx): Say =>
  (path, message) =>
    context.addIssue({ code: 'custom', path: [path], message })

function sayOfBucket(env: AwsVariables, say: Say): void {
  const place = awsPlace(env)
  if (place === null) say('AWS_REGION', 'is needed for checkpoints in a bucket')
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL
  const fault = endpoint === undefined ? undefined : safeUrl.safeParse(endpoint).error?.issues[0]
  const named = env.AWS_ENDPOINT_URL_S3 === undefined ? 'AWS_ENDPOINT_URL' : 'AWS_ENDPOINT_URL_S3'
  if (fault !== undefined) say(named, fault.message)
}

/** What a bucket needs. */
export const bucketTogether = z.object(ofAws).superRefine((env, context) => sayOfBucket(env, saying(context)))

/** What the settings of the record are only together, beside each by itself. */
export const auditTogether = z
  .object({
    AUDIT_KEYS: text,
    AUDIT_CHECKPOINTS: text,
    AUDIT_FORWARD: text,
    AUDIT_FORWARD_FORMAT: text,
    AUDIT_FORWARD_FROM: text,
    AUDIT_FORWARD_SECRET: text,
    AUDIT_FORWARD_CA: text,
    AUDIT_FORWARD_BYTES: text,
    ...ofAws,
  })
  .superRefine((env, context) => {
    const say = saying(context)
    const { AUDIT_CHECKPOINTS: checkpoints, AUDIT_FORWARD: forward } = env
    if (env.AUDIT_KEYS === undefined && checkpoints) say('AUDIT_KEYS', 'is needed for checkpoints')
    if (env.AUDIT_KEYS === undefined && forward)
      say('AUDIT_KEYS', 'is needed to forward the record: curfew keys new prints a key')
    if (checkpoints && isInBucket(checkpoints)) sayOfBucket(env, say)
    if (forward === undefined) {
      for (const name of ofForward)
        if (env[name] !== undefined) say(name, 'means nothing without AUDIT_FORWARD')
      return
    }
    if (env.AUDIT_FORWARD_SECRET && !/^https:/i.test(forward))
      say('AUDIT_FORWARD_SECRET', 'signs what goes to an https address, and AUDIT_FORWARD is none')
    if (env.AUDIT_FORWARD_CA && !/^(https|syslog\+tls):/i.test(forward))
      say('AUDIT_FORWARD_CA', 'is for syslog+tls:// and https://, and AUDIT_FORWARD is a file')
    if (env.AUDIT_FORWARD_BYTES && !/^syslog\+tls:/i.test(forward))
      say('AUDIT_FORWARD_BYTES', 'is for syslog+tls://, and AUDIT_FORWARD is something else')
  })

const ofForward = [
  'AUDIT_FORWARD_FORMAT',
  'AUDIT_FORWARD_FROM',
  'AUDIT_FORWARD_SECRET',
  'AUDIT_FORWARD_CA',
  'AUDIT_FORWARD_BYTES',
] as const
