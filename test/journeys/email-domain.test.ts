import { ordersCatalog } from '../support/catalogs.ts'
import { aStage } from '../support/curfew.ts'
import { asks } from './acts.ts'

test('a rule on the domain of their e-mail lets people in', async () => {
  const who = `who: 'email.endsWith("@contractor.example") && guest'`
  const { riley } = await aStage({
    catalog: (cast) => ordersCatalog(cast).replace(`who: '"@contractors" in groups'`, who),
  })
  expect((await asks(riley, 'orders-db read 1h')).outcome).toBe('cleared')
})
