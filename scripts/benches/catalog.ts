/** Variables that `benchCatalog` reads. */
export const systemVariables = ({ url, secret }: { url: string; secret: string }) => ({
  BENCH_WEBHOOK_URL: url,
  BENCH_WEBHOOK_SECRET: secret,
  CATALOG_VARIABLES: 'BENCH_*',
})

export const benchSystem = 'target'

/**
 * As many resources as asked for, with five entitlements each, which everybody in @engineering may request; `rules` are
 * lines of each. Ada is the admin, and answers alone unless others are `approvers`.
 */
export function benchCatalog(
  channel: { id: string },
  options: { resources: number; rules?: string; approvers?: string; named?: string },
): string {
  const { resources, rules = '', approvers = 'people: [ada@acme.example]', named = 'service' } = options
  const names = Array.from({ length: resources }, (_, i) => `${named}-${i + 1}`)
  const entitlements = ['read', 'write', 'deploy', 'debug', 'admin']
  return `version: 1
defaults:
  channel: ${channel.id}
  admins: [ada@acme.example]
  approvers: { ${approvers} }
systems:
  ${benchSystem}:
    connector: webhook
    url: \${BENCH_WEBHOOK_URL}
    secret: \${BENCH_WEBHOOK_SECRET}
    principal: email.split("@")[0]
resources:
${names.map(resource).join('')}`

  function resource(id: string): string {
    return `  ${id}:
    name: ${id}
    system: ${benchSystem}
    entitlements:
${entitlements.map((verb) => entitlement(id, verb)).join('')}`
  }

  function entitlement(id: string, verb: string): string {
    return `      ${verb}:
        name: ${verb} on ${id}
        target: { group: ${id}-${verb} }
        who: '"@engineering" in groups'
${rules}`
  }
}
