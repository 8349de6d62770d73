import type { Person } from '../workspace/people/person.ts'
import type { Channel, Group } from '../workspace/state/directory.ts'
import type { Workspace } from '../workspace/workspace.ts'

/** The people of the demo and of the tests, and where they meet. */
export interface Cast {
  /** A contractor: a guest of the workspace. */
  readonly riley: Person
  /** Two database administrators. */
  readonly ada: Person
  readonly sam: Person
  /** A manager, who administers nothing. */
  readonly kim: Person
  /** A stranger: of another workspace, in a shared channel. */
  readonly mallory: Person
  readonly access: Channel
  readonly orders: Channel
  readonly dba: Group
  readonly contractors: Group
}

export function aCast(workspace: Workspace): Cast {
  const channels = {
    access: workspace.addChannel({ name: 'access', app: true }),
    orders: workspace.addChannel({ name: 'orders', app: true }),
  }
  const both = [channels.access, channels.orders]
  const person = (name: string, about: Partial<Parameters<Workspace['addPerson']>[0]> = {}) =>
    workspace.addPerson({
      name,
      email: `${name.toLowerCase()}@acme.example`,
      tz: 'Europe/Berlin',
      channels: both,
      ...about,
    })
  const ada = person('Ada', { title: 'Database administrator' })
  const sam = person('Sam', { title: 'Database administrator' })
  const kim = person('Kim', { title: 'Engineering manager' })
  const riley = person('Riley', {
    email: 'riley@contractor.example',
    guest: 'multi',
    title: 'Contractor',
    channels: [channels.access],
  })
  const mallory = person('Mallory', {
    team: 'elsewhere',
    email: 'mallory@elsewhere.example',
    channels: [channels.access],
  })
  return {
    riley,
    ada,
    sam,
    kim,
    mallory,
    ...channels,
    dba: workspace.addGroup({ handle: 'dba', name: 'Database admins', members: [ada, sam] }),
    contractors: workspace.addGroup({ handle: 'contractors', name: 'Contractors', members: [riley] }),
  }
}

/** How people are called on the orders database. */
export const logins = ['riley', 'ada', 'sam', 'kim'] as const
