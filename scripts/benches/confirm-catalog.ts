import { benchSystem } from './catalog.ts'

/** The same access had in two ways: begun by confirming who one is, and asked for and approved by a rule. */
export const confirmCatalog = (channel: { id: string }): string => `version: 1
defaults:
  channel: ${channel.id}
  admins: [ada@acme.example]
  approvers: { people: [ada@acme.example] }
confirm: { methods: [passkey, totp] }
systems:
  ${benchSystem}:
    connector: webhook
    url: \${BENCH_WEBHOOK_URL}
    secret: \${BENCH_WEBHOOK_SECRET}
    principal: email.split("@")[0]
resources:
  service:
    name: service
    system: ${benchSystem}
    entitlements:
      daily:
        name: daily on service
        target: { group: service-daily }
        mode: session
        session: { length: 1h }
        who: '"@engineering" in groups'
      ruled:
        name: ruled on service
        target: { group: service-ruled }
        who: '"@engineering" in groups'
        duration: { default: 1h, max: 2h }
        auto: [{ because: engineers may, when: 'true', max: 2h, card: false }]
`
