import { startPracticeApp } from './support/practice-app.ts'
import { afterThis, aWorkspace } from './support/a-workspace.ts'

describe.each(['sockets', 'http'] as const)('over %s', (over) => {
  async function aTeam() {
    const workspace = await aWorkspace({ command: '/request-access', shortcuts: ['request_access'] })
    const ada = workspace.addPerson({ name: 'Ada' })
    const riley = workspace.addPerson({ name: 'Riley', guest: 'multi' })
    const access = workspace.addChannel({ name: 'access', members: [ada, riley], app: true })
    const app = await startPracticeApp(workspace, access, over)
    afterThis(() => app.stop())
    return { workspace, ada, riley, access }
  }

  test('a request goes from the command to an approved card', async () => {
    const { workspace, ada, riley, access } = await aTeam()
    expect(await riley.runs('/request-access orders-db', { in: access })).toEqual({ outcome: 'acked' })
    const modal = await riley.modal()
    expect(modal).toMatchObject({ title: 'Request access', labels: ['What?', 'For how long?', 'Why?'] })
    expect((await riley.searches('What?', 'ord')).options).toEqual(['orders-db', 'orders-cache'])
    await riley.chooses('What?', 'orders-db')
    await riley.chooses('For how long?', '2 h')
    expect(await riley.submits()).toEqual({
      outcome: 'errors',
      errors: { 'Why?': 'Please complete this required field.' },
    })
    await riley.types('Why?', 'please')
    expect(await riley.submits()).toEqual({ outcome: 'errors', errors: { 'Why?': 'Say what for.' } })
    await riley.types('Why?', 'INC-1: stuck orders')
    expect(await riley.submits()).toEqual({ outcome: 'closed', errors: {} })
    const card = await ada.sees('@Riley asks for orders-db', access)
    await expect(ada.clicks('Deny', card)).rejects.toThrow(/only 'Approve', 'End now'/)
    await expect(ada.clicks('End now', card)).rejects.toThrow(/asks first: "End\?" "At once\."/)
    expect(await ada.clicks('Approve', card)).toEqual({ outcome: 'acked' })
    await ada.sees('Approved by @Ada', access)
    await ada.sees('Thank you.', 'ephemeral')
    expect(riley.ephemerals()).toEqual([])
    expect(workspace.complaints).toEqual([])
  })

  test('words for an answer, a shortcut, a Home tab and closing', async () => {
    const { workspace, riley, access } = await aTeam()
    const help = await riley.runs('/request-access help', { in: access })
    expect(help).toMatchObject({ outcome: 'acked', text: 'Say what you need.' })
    expect(riley.ephemerals(access)).toHaveLength(1)
    expect(await riley.usesShortcut('request_access')).toEqual({ outcome: 'acked' })
    await riley.modal('Request access')
    await riley.closesModal()
    expect(riley.openModal).toBeUndefined()
    await riley.opensHome()
    await riley.seesHome('Nothing held.')
    expect(workspace.complaints).toEqual([])
  })
})
