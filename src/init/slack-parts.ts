import * as field from '../catalog/fields.ts'
import { faultOf } from '../config.ts'
import type { Admins, Transport } from './answers.ts'
import type { Part, Read } from './part.ts'

/** What is asked about Slack, and how an answer is taken. */

export const botToken: Part<string> = {
  by: ['SLACK_BOT_TOKEN'],
  asks: 'Bot token, xoxb-…',
  isSecret: true,
  otherwise: null,
  read: (text) => {
    if (text.startsWith('xapp-'))
      return { why: 'That is the app-level token, which is asked for next. The bot token begins with xoxb-.' }
    if (text.startsWith('xoxp-'))
      return { why: 'That is a token of a user. Take the “Bot User OAuth Token”, which begins with xoxb-.' }
    const fault = faultOf('SLACK_BOT_TOKEN', text)
    return fault === null
      ? { is: text }
      : { why: `It ${fault}. It stands on the app’s page, “OAuth & Permissions”.` }
  },
}

const signingSecret = /^[0-9a-z]{32}$/i

/** One of the two, told apart by how it looks. */
export const transport = (port: string): Part<Transport> => ({
  by: ['SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'],
  asks: 'App-level token, xapp-… (or the signing secret, to serve HTTP)',
  isSecret: true,
  otherwise: null,
  read: (text) => {
    if (faultOf('SLACK_APP_TOKEN', text) === null) return { is: { kind: 'socket', appToken: text } }
    if (signingSecret.test(text)) return { is: { kind: 'http', signingSecret: text, port } }
    return {
      why: 'It is neither: an app-level token begins with xapp-, a signing secret is 32 letters and digits. Both stand under “Basic Information”.',
    }
  },
})

const channelId = /^[CG][A-Z0-9]{2,}$/
const channelLink = /\/archives\/([CG][A-Z0-9]{2,})(?:[/?#].*)?$/
const channelName = /^#?([\p{L}\p{N}_-]{1,80})$/u

/** By its id, the link that Slack copies, or its name, which `called` looks up. */
export const channel = (called: (name: string) => Promise<Read<string>>): Part<string> => ({
  by: ['--channel'],
  asks: 'Channel, #name or C0123ABCD',
  isSecret: false,
  otherwise: null,
  read: async (text) => {
    const id = channelLink.exec(text)?.[1] ?? text
    if (channelId.test(id)) return { is: id }
    const name = channelName.exec(text)?.[1]
    if (name === undefined)
      return { why: 'That is no channel: write #name, or the id at the end of “Channel details”, C0123ABCD.' }
    return called(name.toLowerCase())
  },
})

export const admins: Part<Admins> = {
  by: ['--admins'],
  asks: 'E-mails, with commas between',
  isSecret: false,
  otherwise: null,
  read: (text) => {
    const people: string[] = []
    for (const word of text.split(/[\s,;]+/).filter((one) => one !== '')) {
      const read = field.person.safeParse(word)
      if (!read.success) return { why: `${read.error.issues[0]?.message ?? 'That is nobody'}.` }
      if (!people.includes(read.data)) people.push(read.data)
    }
    const [first, ...others] = people
    const domain = people.find((one) => one.includes('@'))?.replace(/^.*@/, '')
    if (first === undefined || domain === undefined)
      return { why: 'At least one e-mail is needed: the people of its domain may ask first.' }
    return { is: { people: [first, ...others], domain } }
  },
}
