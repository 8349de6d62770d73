import type { Ids } from './ids.ts'

/** Who the app is in this workspace: what its owner would copy from Slack's app settings. */
export interface Identity {
  teamId: string
  teamName: string
  teamDomain: string
  appId: string
  appName: string
  botId: string
  botUserId: string
  botToken: string
  appToken: string
  signingSecret: string
  verificationToken: string
}

export function newIdentity(ids: Ids, appName: string): Identity {
  return {
    teamId: ids.next('T'),
    teamName: 'Example Works',
    teamDomain: 'example-works',
    appId: ids.next('A'),
    appName,
    botId: ids.next('B'),
    botUserId: ids.next('U'),
    botToken: `xoxb-${ids.token(24)}`,
    appToken: `xapp-1-${ids.token(24)}`,
    signingSecret: ids.token(32),
    verificationToken: ids.token(24),
  }
}
