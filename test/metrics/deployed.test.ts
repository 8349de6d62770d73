import { parser } from '@prometheus-io/lezer-promql'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { aReason, asks, eventually, patient } from '../journeys/acts.ts'
import { aStage } from '../support/curfew.ts'
import { onOwnPort, scrape, type Scrape } from './scraping.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = (path: string): Promise<string> => readFile(join(root, path), 'utf8')

/** Of a target, added by whoever scrapes. */
const ofTarget = ['job', 'instance']

/** Every metric and every label that an expression names. Throws where PromQL does not take it. */
function namedIn(expression: string): { metric: string; labels: string[] }[] {
  const tree = parser.parse(expression)
  const found: { metric: string; labels: string[] }[] = []
  const by: string[] = []
  tree.iterate({
    enter: ({ type, from, to, node }) => {
      const said = expression.slice(from, to)
      if (type.isError) throw new Error(`no PromQL at ${from}: ${expression}`)
      if (type.name === 'VectorSelector') {
        const metric = node.getChild('Identifier')
        if (metric === null) throw new Error(`a selector without a name: ${expression}`)
        found.push({ metric: expression.slice(metric.from, metric.to), labels: [] })
      }
      if (type.name !== 'LabelName') return
      if (node.parent?.name === 'GroupingLabels') by.push(said)
      else found.at(-1)?.labels.push(said)
    },
  })
  if (found.length === 0) throw new Error(`nothing is named: ${expression}`)
  return found.map(({ metric, labels }) => ({ metric, labels: [...labels, ...by] }))
}

const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Curfew[A-Za-z]+$/),
          expr: z.string(),
          for: z.string().regex(/^\d+[smh]$/),
          labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
})

const place = z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() })
const dashboardFile = z.object({
  title: z.string(),
  uid: z.string(),
  schemaVersion: z.number(),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), query: z.string() })),
  }),
  panels: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('row'), id: z.number(), title: z.string(), gridPos: place }),
      z.object({
        type: z.enum(['stat', 'timeseries']),
        id: z.number(),
        title: z.string(),
        gridPos: place,
        datasource: z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') }),
        targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).min(1),
      }),
    ]),
  ),
})

/** As Grafana fills them in. */
const filledIn = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*')

async function rules() {
  const { groups } = ruleFile.parse(parse(await text('deploy/prometheus/curfew.rules.yml')))
  return groups.flatMap((group) => group.rules)
}

async function dashboard() {
  return dashboardFile.parse(JSON.parse(await text('deploy/grafana/curfew.json')))
}

/** Of the docs: each metric with its kind and its labels, as its row says. */
async function documented(): Promise<Map<string, { kind: string; labels: string[] }>> {
  const rows = (await text('docs/metrics.md')).matchAll(/^\| `([a-z0-9_]+)` +\| (\w+) +\| ([^|]*)\| \S/gm)
  return new Map(
    [...rows].map(([, name = '', kind = '', labels = '']) => [
      name,
      { kind, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label) },
    ]),
  )
}

/** What a real app serves once something was asked for, held, and ended. */
async function served(): Promise<Scrape> {
  const { riley, ada, orders, app } = await aStage({ metrics: onOwnPort })
  const reason = aReason()
  await asks(riley, 'orders-db peek 5s', reason)
  await ada.clicks('Approve 5 s', await ada.sees(reason, orders, patient))
  return eventually(
    () => scrape(app),
    (scraped) => (scraped.value('curfew_end_lateness_seconds_count') ?? 0) > 0,
    40_000,
  )
}

/** The metric to which a series belongs. */
function metricOf(series: string, kinds: Scrape['kinds']): string | null {
  if (kinds.has(series)) return kinds.get(series) === 'histogram' ? null : series
  const base = series.replace(/_(bucket|sum|count)$/, '')
  return kinds.get(base) === 'histogram' ? base : null
}

test('what the docs say of metrics is what is served: every name, kind and label', async () => {
  const [{ kinds, samples }, said] = await Promise.all([served(), documented()])
  expect([...said.keys()].sort()).toEqual([...kinds.keys()].sort())
  for (const [name, { kind }] of said) expect([name, kind]).toEqual([name, kinds.get(name)])
  for (const { name, labels } of samples) {
    const metric = metricOf(name, kinds) ?? ''
    const own = Object.keys(labels).filter((label) => label !== 'le')
    expect([name, own.sort()]).toEqual([name, (said.get(metric)?.labels ?? []).toSorted()])
  }

  // Each metric and each label that a rule or a panel names is served.
  const panels = (await dashboard()).panels.flatMap((panel) => (panel.type === 'row' ? [] : panel.targets))
  const expressions = [...(await rules()), ...panels].map(({ expr }) => filledIn(expr))
  expect(expressions.length).toBeGreaterThan(40)
  for (const expression of expressions)
    for (const { metric: series, labels } of namedIn(expression)) {
      const metric = metricOf(series, kinds)
      expect([expression, series, metric !== null]).toEqual([expression, series, true])
      const known = [...(said.get(metric ?? '')?.labels ?? []), ...ofTarget, 'le']
      expect([expression, labels.filter((label) => !known.includes(label))]).toEqual([expression, []])
    }
}, 90_000)

test('a rule that is no PromQL, or names what nobody serves, would be seen here', () => {
  expect(() => namedIn('max(curfew_debts{owed="take"} > 1')).toThrow(/no PromQL/)
  expect(() => namedIn('rate(curfew_debts[])')).toThrow(/no PromQL/)
  expect(namedIn('max by (owed) (curfew_debts{status=~"a|b"}) / rate(b_total[5m])')).toEqual([
    { metric: 'curfew_debts', labels: ['status', 'owed'] },
    { metric: 'b_total', labels: ['owed'] },
  ])
})

test('alerts have names of their own, and say what is wrong and what to do', async () => {
  const all = await rules()
  expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length)
  const watched = all.flatMap(({ expr }) => namedIn(expr)).map(({ metric }) => metric)
  expect(watched).toEqual(
    expect.arrayContaining([
      'curfew_end_call_lateness_seconds_bucket',
      'curfew_oldest_debt_seconds',
      'curfew_job_age_seconds',
      'curfew_slack_answers',
      'curfew_clock_error_seconds',
      'curfew_connector_calls_total',
    ]),
  )
})

test('the panels of the dashboard lie beside each other, and its variables are those that it uses', async () => {
  const { panels, templating } = await dashboard()
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect([title, x, y, taken.has(`${x} ${y}`)]).toEqual([title, x, y, false])
        taken.add(`${x} ${y}`)
      }
  }
  const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name)
  expect([...new Set(used)].sort()).toEqual(
    ['__rate_interval', ...templating.list.map(({ name }) => name)].sort(),
  )
})
