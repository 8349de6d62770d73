import type { Page } from 'playwright-core'
import { demoDoors } from '../../scripts/demo-doors.ts'
import { aStage } from '../support/curfew.ts'
import { aPage } from '../workspace/practice/browser.ts'
import { servePractice } from '../workspace/practice/serve-practice.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'
import { listenToLog, patient, wrongWith } from './acts.ts'
import { aCompanyOf } from './a-company.ts'
import { PageCompany, PageDoor, PageSide } from './page-side.ts'

type Options = Parameters<typeof aStage>[0]

/** The whole of Curfew, and a page with Riley on the left, and Ada before #orders on the right. */
export const aWindow = (pageDir: string, options: Options = {}) => openWindow(pageDir, options, false)

/** With the company's directory beside it, whose word Curfew has by SCIM. */
export const aCompanyWindow = (pageDir: string, options: Options) =>
  openWindow(pageDir, { ...options, isServed: true }, true)

async function openWindow(pageDir: string, options: Options, hasCompany: boolean) {
  const stage = await aStage(options)
  const { workspace, catalogPath, database } = stage
  listenToLog(stage.app.world.log)
  await workspace.until(() => workspace.sockets.open === 2, patient)
  const doors = demoDoors({ billing: null, cast: stage, database })
  const company = hasCompany ? { company: await aCompanyOf(stage) } : {}
  const practice = await servePractice({ workspace, doors, catalogPath, pageDir, ...company })
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
    company: new PageCompany(page),
    wrong: () => [...problems, ...wrongWith(workspace)],
  }
}
