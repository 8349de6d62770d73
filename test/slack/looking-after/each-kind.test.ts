import { eachKind } from '../../../src/slack/looking-after/each-kind.ts'
import { pictureAlerts } from '../../../src/slack/looking-after/alerts.ts'
import { anAlertedGrant } from '../../support/lives.ts'
import { aSlackSide } from '../../support/slack-side.ts'

test('what is still held is said, though alerts of another kind cannot be found out; that is logged', async () => {
  const { parts, writes, warnings } = aSlackSide()
  await writes(anAlertedGrant())
  const broken = () => Promise.reject(new Error('a source that cannot be read'))
  const alerts = await eachKind(parts, [broken, pictureAlerts, broken])
  expect(alerts).toHaveLength(1)
  expect(warnings).toHaveLength(2)
})
