import type { Cast } from './cast.ts'

/** The catalog of the tests: small, and as an owner would write it. `more` is appended under `entitlements` of orders-db. */
export function ordersCatalog(
  { orders, access }: Pick<Cast, 'orders' | 'access'>,
  { more = '' }: { more?: string } = {},
): string {
  return `version: 1

defaults:
  channel: ${access.id}
  admins: [ada@acme.example]
  approvers: { groups: ["@dba"] }
  duration: { default: 1h, max: 8h, choices: [30m, 1h, 2h, 4h, 8h] }

systems:
  orders-cluster:
    connector: mongodb
    url: \${ORDERS_MONGODB_URL}
    principal: email.split("@")[0]

resources:
  orders-db:
    name: Orders database
    owner: kim@acme.example
    system: orders-cluster
    channel: ${orders.id}
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        reason: { example: "INC-123: orders stuck in paid" }
        how: "mongosh with your own login, database orders"
      write:
        name: Change orders
        target: { database: orders, role: readWrite }
        who: '"@contractors" in groups'
        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2 }] }
        confirm: true
      peek:
        name: Peek at orders
        target: { database: orders, role: read }
        who: '"@contractors" in groups'
        duration: { default: 10s, max: 1m, choices: [5s, 10s] }
        warn: 6s
${more}
  reports-db:
    name: Sales reports
    system: orders-cluster
    entitlements:
      read:
        name: Read reports
        target: { database: reports, role: read }
        who: '!guest'
`
}
