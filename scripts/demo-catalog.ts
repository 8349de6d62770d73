import type { Cast } from '../test/support/cast.ts'

/** The demo's catalog: the same format as a user's own, with times short enough to see a whole life. */
export const demoCatalog = ({
  orders,
  access,
}: Pick<
  Cast,
  'orders' | 'access'
>): string => `# What can be asked for here. Edit it: Curfew reads it again by itself.
version: 1

defaults:
  channel: ${access.id}
  admins: [ada@acme.example, sam@acme.example]
  approvers: { groups: ["@dba"] }
  duration: { default: 1m, max: 10m, choices: [1m, 2m, 5m, 10m] }
  review: { within: 1h }
  alert: 15s

systems:
  cluster:
    connector: mongodb
    url: \${ORDERS_MONGODB_URL}
    principal: email.split("@")[0]

resources:
  orders-db:
    name: Orders database
    owner: kim@acme.example
    system: cluster
    channel: ${orders.id}
    entitlements:
      read:
        name: Read orders
        target: { database: orders, role: read }
        who: '"@contractors" in groups || !guest'
        reason: { example: "INC-123: orders stuck in paid" }
        how: "mongosh, your own login, database orders"
        extend: { max: 3, by: 1m, total: 10m, review: false }
        ahead: 7d
        windows: { until: 60d }
      daily:
        name: Read orders, every day
        target: { database: orders, role: read }
        mode: standing
        who: 'email == "kim@acme.example"'
      write:
        name: Change orders
        target: { database: orders, role: readWrite }
        who: '!guest'
        review: { stages: [{ approvers: { groups: ["@dba"] }, needs: 2 }] }
        confirm: true
        breakGlass: { max: 2m }

  reports-db:
    name: Sales reports
    owner: kim@acme.example
    system: cluster
    entitlements:
      read:
        name: Read reports
        target: { database: reports, role: read }
        who: '!guest'
`
