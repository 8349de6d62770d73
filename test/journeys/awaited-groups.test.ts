import { demoCatalog } from '../../scripts/demo-catalog.ts'
import { demoCompany } from '../../scripts/demo-company.ts'
import { aStage } from '../support/curfew.ts'
import { scimAccessTo } from './a-company.ts'
import { eventually, wrongWith } from './acts.ts'

test('no admin is alarmed for a group that the directory has yet to write, but for one that it never writes', async () => {
  const stage = await aStage({
    isServed: true,
    started: false,
    patienceMs: 4_000,
    catalog: (cast) =>
      demoCatalog(cast).replace(
        `'"engineering" in groups'`,
        `'"engineering" in groups || "interns" in groups'`,
      ),
  })
  const { ada, workspace } = stage
  const access = await scimAccessTo(stage)
  await stage.startApp()
  const company = await demoCompany(stage, access)
  const told = (about: RegExp) => ada.dms.filter(({ plain }) => about.test(plain))

  // Whatever is written brings about another look.
  let renamed = 0
  await eventually(
    async () => {
      await company.renames('sam', { name: `Sam ${(renamed += 1)}`, email: 'sam@acme.example' })
      return told(/names interns for .*the company directory has no such group: .*is not sent/)
    },
    (alarms) => alarms.length === 1,
  )
  expect(told(/names (contractors|engineering)/)).toEqual([])
  expect(wrongWith(workspace)).toEqual([])
}, 60_000)
