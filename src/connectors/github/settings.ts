import { z } from 'zod'
import type { Target } from '../../domain/connector.ts'
import { safeUrl } from '../../domain/safe-url.ts'
import { secret } from '../secret.ts'
import { lag, late } from '../times.ts'

const appSettings = z.strictObject({
  /** Its client id, or its number. */
  id: z.union([z.number().int().positive(), z.string().regex(/^[\w.-]{1,100}$/, 'must be the id of an app')]),
  /** The number that ends the address of its page in the organisation's settings. */
  installation: z.union([
    z.number().int().positive(),
    z.string().regex(/^[1-9]\d{0,15}$/, 'must be the number of an installation'),
  ]),
  /** Its private key in PEM. */
  key: secret,
})

export const githubSettings = z
  .strictObject({
    /** Of the API; with `/api/v3` at its end where it is GitHub Enterprise Server. */
    url: safeUrl
      .refine((text) => !URL.canParse(text) || new URL(text).search === '', 'must have no query')
      .default('https://api.github.com'),
    /** As the address of its page has it. */
    organization: z
      .string()
      .regex(/^[A-Za-z0-9][\w-]{0,99}$/, 'must be the name of an organization, as its address has it'),
    app: appSettings.optional(),
    /** A personal access token, where there is no app. */
    token: secret.optional(),
    /** By what people are known. */
    people: z.enum(['login', 'id']).default('login'),
    lag,
    late: late.default(30_000),
  })
  .refine(({ app, token }) => (app === undefined) !== (token === undefined), 'must have either app or token')

export type GithubSettings = z.infer<typeof githubSettings>
export type AppSettings = z.infer<typeof appSettings>

export const githubTarget = z.strictObject({
  team: z
    .number({ error: 'must be the number of a team: gh api orgs/ORGANIZATION/teams/NAME --jq .id' })
    .int()
    .positive(),
})

export const teamOf = (target: Target): number => githubTarget.parse(target).team
