import { askedMessage } from '../../../src/slack/looking-after/devices.ts'
import { aDevice } from '../../support/known-devices.ts'
import { ada, at } from '../../support/builders.ts'

test.each(['revoked', 'rejected'] as const)(
  'an admin who is asked whose a device is now reads that it was %s: by saying whose it is they let it count again',
  (approval) => {
    const answer = approval === 'revoked' ? 'revoke' : 'reject'
    const device = aDevice({
      approval,
      decided: { by: ada, at: at(0), because: null, answer },
      isInQuestion: true,
      claimed: 'sam@acme.example',
    })
    expect(JSON.stringify(askedMessage(device, null).blocks)).toContain(approval)
  },
)
