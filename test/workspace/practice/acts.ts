import type { Person } from '../people/person.ts'
import type { Where } from '../people/stage.ts'
import type { Channel } from '../state/directory.ts'
import type { Workspace } from '../workspace.ts'
import type { CatalogFile } from './catalog-file.ts'
import type { Company } from './company.ts'
import type { Doors } from './doors.ts'
import type { Laptop } from './laptop.ts'
import type { Phones } from './phones.ts'
import type { Act, ActWhere, Answered } from './protocol.ts'

export interface Playing {
  workspace: Workspace
  doors: Doors
  catalog: CatalogFile
  company: Company | null
  phones: Phones | null
  laptop: Laptop | null
}

/** Does what a person did on the page; throws, in words for them, what cannot be done. */
export async function perform(
  { workspace, doors, catalog, company, phones, laptop }: Playing,
  as: string,
  act: Act,
): Promise<Answered> {
  const person = workspace.people.find(({ id }) => id === as)
  if (!person) throw new Error('nobody here is called that')
  switch (act.do) {
    case 'run': {
      const { outcome } = await person.runs(act.line, { in: channelOf(workspace, act.channel) })
      return { outcome }
    }
    case 'use-shortcut':
      return person.usesShortcut(act.callbackId)
    case 'press':
      return person.presses(act, whereOf(workspace, person, act.where), act.option)
    case 'enter': {
      const place = whereOf(workspace, person, act.where)
      const sent = await person.enters(act, place, act.entry, { enter: act.isEnterKey ?? false })
      return sent ?? { outcome: 'entered' }
    }
    case 'search':
      return person.suggestions(act, whereOf(workspace, person, act.where), act.query)
    case 'submit':
      onTop(person, act.viewId)
      return person.submits()
    case 'close-modal':
      onTop(person, act.viewId)
      await person.closesModal({ everything: act.everything })
      return { outcome: 'closed' }
    case 'open-home':
      await person.opensHome()
      return { outcome: 'opened' }
    case 'open-messages':
      await person.opensMessages()
      return { outcome: 'opened' }
    case 'say': {
      const channel = channelOf(workspace, act.channel)
      if (!channel.members.has(person.id)) throw new Error(`${person.name} is not in ${channel.name}`)
      const thread =
        act.thread === undefined ? undefined : workspace.state.messages.get(channel.id, act.thread)
      person.says(act.text, { in: channel, ...(thread && { thread }) })
      return { outcome: 'said' }
    }
    case 'read':
      person.reads(channelOf(workspace, act.channel))
      return { outcome: 'read' }
    case 'try-door':
      return { outcome: 'tried', ...(await doors.tryAs(act.door, person.id)) }
    case 'save-catalog':
      return { outcome: 'saved', warnings: await catalog.save(act.text, act.before) }
    case 'move':
      await directory(company).moves(act.employee, act.group)
      return { outcome: 'told' }
    case 'rename':
      await directory(company).renames(act.employee, act)
      return { outcome: 'told' }
    case 'set-active':
      await directory(company).setActive(act.employee, act.isActive)
      return { outcome: 'told' }
    case 'open-on-phone':
      await drawer(phones).at(person.id, (phone) => phone.opens(act.link))
      return { outcome: 'opened' }
    case 'send-on-phone':
      await drawer(phones).sends(person.id, act.to, act.fields)
      return { outcome: 'sent' }
    case 'close-on-phone':
      await drawer(phones).at(person.id, (phone) => phone.closes())
      return { outcome: 'closed' }
    case 'add-to-phone':
      await drawer(phones).at(person.id, (phone) => phone.addsToApp(act.letters))
      return { outcome: 'added' }
    case 'get-code':
      await drawer(phones).tellCode(person, act.from)
      return { outcome: 'told' }
    case 'set-firewall':
      await desk(laptop, person).setFirewall(act.isOn)
      return { outcome: 'set' }
    case 'set-network':
      await desk(laptop, person).setNetwork(act.isPluggedIn)
      return { outcome: 'set' }
    case 'install-updates':
      await desk(laptop, person).installsUpdates()
      return { outcome: 'installed' }
  }
}

function directory(company: Company | null): Company {
  if (!company) throw new Error('there is no company directory here')
  return company
}

function drawer(phones: Phones | null): Phones {
  if (!phones) throw new Error('there are no phones here')
  return phones
}

function desk(laptop: Laptop | null, { id, name }: Person): Laptop {
  if (laptop?.personId !== id) throw new Error(`${name} has no laptop here`)
  return laptop
}

function channelOf({ state }: Workspace, id: string): Channel {
  const channel = state.channels.get(id)
  if (!channel) throw new Error('this channel is gone')
  return channel
}

function whereOf({ state }: Workspace, person: Person, where: ActWhere): Where {
  if (where.in === 'home') return 'home'
  if (where.in === 'modal') {
    onTop(person, where.viewId)
    return 'modal'
  }
  const message = state.messages.get(where.channel, where.ts)
  if (!message) throw new Error('this message is gone')
  return message
}

function onTop(person: Person, viewId: string): void {
  if (person.openModal?.id !== viewId) throw new Error('this window was closed meanwhile')
}
