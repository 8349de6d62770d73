/** The first thing that people can ask for. */
export type First = FirstWebhook | FirstPostgres | FirstMongodb

interface Named {
  /** What people read in Slack. */
  readonly name: string
  readonly url: string
}

export interface FirstWebhook extends Named {
  readonly kind: 'webhook'
  /** By which the receiver knows that it is Curfew who calls. */
  readonly secret: string
}

export interface FirstPostgres extends Named {
  readonly kind: 'postgres'
  /** Of Curfew's own login; null: the server asks for none. */
  readonly password: string | null
  readonly role: string
}

export interface FirstMongodb extends Named {
  readonly kind: 'mongodb'
  readonly database: string
  readonly role: string
}

export const firstKinds = ['webhook', 'postgres', 'mongodb'] as const
export type FirstKind = (typeof firstKinds)[number]

/** How Slack's requests come: over a socket that we open, or to a port of ours. */
export type Transport =
  | { readonly kind: 'socket'; readonly appToken: string }
  | { readonly kind: 'http'; readonly signingSecret: string; readonly port: string }

export interface Admins {
  /** E-mails and Slack ids. */
  readonly people: readonly [string, ...string[]]
  /** Of the first e-mail among them: whose people may ask, until somebody says otherwise. */
  readonly domain: string
}

export interface Answers {
  /** Where Slack is reached; null: where everybody's is. */
  readonly slackApiUrl: string | null
  readonly botToken: string
  readonly transport: Transport
  readonly mongodbUri: string
  readonly channel: string
  readonly admins: Admins
  readonly first: First
}
