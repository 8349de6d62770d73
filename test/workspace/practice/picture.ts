import { slackbotId, type Account, type Channel, type Group } from '../state/directory.ts'
import type { Message } from '../state/messages.ts'
import type { Change } from '../state/changes.ts'
import type { OpenView } from '../state/views.ts'
import type { Workspace } from '../workspace.ts'
import type { ShownChannel, ShownGroup, ShownMessage, ShownPerson, ShownView } from './protocol.ts'
import type { ShownEntries } from './shown-entries.ts'

/** Puts all of the workspace on the page. */
export function drawAll(workspace: Workspace, shown: ShownEntries): void {
  const { state, identity, offers, delivery } = workspace
  shown.put('workspace', 'it', {
    name: identity.teamName,
    teamId: identity.teamId,
    appName: identity.appName,
    botUserId: identity.botUserId,
    ackMs: delivery.ackMs,
    ...offers,
  })
  for (const account of state.accounts.values()) {
    shown.put('person', account.id, personOf(account, identity.teamId))
    drawViews(workspace, shown, account.id)
  }
  for (const group of state.groups.values()) shown.put('group', group.id, groupOf(group))
  for (const channel of state.channels.values()) {
    shown.put('channel', channel.id, channelOf(channel))
    for (const message of workspace.everyMessage(channel))
      draw(workspace, shown, { what: 'message', message })
  }
}

type Drawn = Change | { what: 'message'; message: Message }

/** Puts one change on the page. */
export function draw(workspace: Workspace, shown: ShownEntries, change: Drawn): void {
  switch (change.what) {
    case 'message': {
      const { message } = change
      const key = `${message.channel} ${message.ts}`
      shown.put('message', key, message.isDeleted ? null : messageOf(message))
      drawUnread(workspace, shown, message.channel)
      return
    }
    case 'views':
    case 'home':
    case 'inputs':
      drawViews(workspace, shown, change.personId)
      return
    case 'person':
      shown.put('person', change.account.id, personOf(change.account, workspace.teamId))
      return
    case 'channel':
      shown.put('channel', change.channel.id, channelOf(change.channel))
      return
    case 'group':
      shown.put('group', change.group.id, groupOf(change.group))
      return
    case 'read':
      drawUnread(workspace, shown, change.channelId)
      return
    case 'toast':
    case 'connections':
    case 'call':
    case 'complaint':
  }
}

function drawViews({ state }: Workspace, shown: ShownEntries, personId: string): void {
  shown.put('stack', personId, state.views.stack(personId).map(viewOf))
  const home = state.views.home(personId)
  if (home) shown.put('home', personId, viewOf(home))
}

function drawUnread({ state, botUserId }: Workspace, shown: ShownEntries, channelId: string): void {
  for (const member of state.channels.get(channelId)?.members ?? [])
    if (member !== botUserId)
      shown.put('unread', `${member} ${channelId}`, state.unread(member, channelId).length)
}

const personOf = (account: Account, teamId: string): ShownPerson => ({
  id: account.id,
  name: account.name,
  title: account.title,
  tz: account.tz,
  guest: account.guest,
  isBot: account.isBot || account.id === slackbotId,
  isDeleted: account.isDeleted,
  isStranger: account.teamId !== teamId,
})

const channelOf = ({ id, kind, name, members, isArchived }: Channel): ShownChannel => ({
  id,
  kind,
  name,
  isArchived,
  members: [...members],
})

const groupOf = ({ id, handle, name, memberIds }: Group): ShownGroup => ({
  id,
  handle,
  name,
  members: [...memberIds],
})

const messageOf = ({ threadTs, onlyFor, edited, ...message }: Message): ShownMessage => ({
  ts: message.ts,
  channel: message.channel,
  user: message.user,
  isFromApp: message.isFromApp,
  text: message.text,
  blocks: message.blocks,
  ...(threadTs !== undefined && { threadTs }),
  ...(onlyFor !== undefined && { onlyFor }),
  isEdited: edited !== undefined,
})

function viewOf({ id, hash, definition, blocks, values, errors }: OpenView): ShownView {
  const common = { id, hash, blocks, values, errors }
  if (definition.type === 'home') return { ...common, type: 'home', title: '', isSubmitDisabled: false }
  const { title, submit, close, submit_disabled: isSubmitDisabled = false } = definition
  return {
    ...common,
    type: 'modal',
    title: title.text,
    ...(submit && { submit: submit.text }),
    ...(close && { close: close.text }),
    isSubmitDisabled,
  }
}
