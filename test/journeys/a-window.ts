import type { Page } from 'playwright-core'
import { demoDoors } from '../../scripts/demo-doors.ts'
import { demoLaptop, newLaptopsSecret } from '../../scripts/demo-laptop.ts'
import { aStage } from '../support/curfew.ts'
import { aPage } from '../workspace/practice/browser.ts'
import type { Person } from '../workspace/people/person.ts'
import { servePractice } from '../workspace/practice/serve-practice.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { listenToLog, patient, wrongWith } from './acts.ts'
import { Phones } from '../workspace/practice/phones.ts'
import { aCompanyOf } from './a-company.ts'
import { oneTimeCode } from './a-phone.ts'
import { PageCompany, PageDoor, PageLaptop, PagePhone, PageSide } from './page-side.ts'

type Options = Parameters<typeof aStage>[0]

/** The whole of Curfew, and a page with Riley on the left, and Ada before #orders on the right. */
export const aWindow = (pageDir: string, options: Options = {}) => openWindow(pageDir, options)

/** With the company's directory beside it, whose word Curfew has by SCIM. */
export const aCompanyWindow = (pageDir: string, options: Options) =>
  openWindow(pageDir, { ...options, isServed: true }, { hasCompany: true })

/** With the directory, and with Riley's laptop, which reports to Curfew. */
export function aLaptopWindow(pageDir: string, options: Options) {
  const laptopsSecret = newLaptopsSecret()
  const env = { LAPTOPS_SECRET: laptopsSecret, CATALOG_VARIABLES: 'ORDERS_*, LAPTOPS_*' }
  return openWindow(pageDir, { ...options, isServed: true, env }, { hasCompany: true, laptopsSecret })
}

async function openWindow(
  pageDir: string,
  options: Options,
  { hasCompany = false, laptopsSecret }: { hasCompany?: boolean; laptopsSecret?: string } = {},
) {
  const stage = await aStage(options)
  const { workspace, catalogPath, database } = stage
  listenToLog(stage.app.world.log)
  await workspace.until(() => workspace.sockets.open === 2, patient)
  const publicUrl = `http://127.0.0.1:${stage.environment['PORT']}`
  const laptop = laptopsSecret === undefined ? null : demoLaptop(stage, { publicUrl, secret: laptopsSecret })
  afterThis(async () => laptop?.close())
  const doors = demoDoors({ billing: null, cast: stage, database, laptop })
  const company = hasCompany ? { company: await aCompanyOf(stage) } : {}
  const enrol = async (person: Person) => ({
    ran: `curfew enrol ${person.account.email ?? ''}`,
    code: await oneTimeCode(stage, person),
  })
  const pages = options?.confirming?.publicUrl ?? null
  const phones = pages === null ? {} : { phones: new Phones(pages, enrol) }
  const practice = await servePractice({
    workspace,
    doors,
    catalogPath,
    pageDir,
    ...company,
    ...phones,
    ...(laptop === null ? {} : { laptop }),
  })
  afterThis(() => practice.close())
  const page: Page = await aPage(practice.url)
  afterThis(() => page.context().close())
  page.setDefaultTimeout(30_000)
  const problems: string[] = []
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  const left = new PageSide(page, 'left')
  const right = new PageSide(page, 'right')
  await right.opensChannel('orders')
  return {
    stage,
    page,
    left,
    right,
    door: new PageDoor(page, 'orders-db'),
    reports: new PageDoor(page, 'reports-db'),
    company: new PageCompany(page),
    phone: new PagePhone(page),
    customers: new PageDoor(page, 'customers-db'),
    laptop: new PageLaptop(page),
    wrong: () => [...problems, ...wrongWith(workspace)],
  }
}
