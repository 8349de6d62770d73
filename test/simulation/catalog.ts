import { noDevices } from '../../src/domain/devices/rules.ts'
import type { Catalog, Entitlement, Stage as ReviewStage } from '../../src/domain/catalog.ts'
import type { DeviceStore } from '../../src/domain/ports/devices.ts'
import type { PersonFacts, PersonRef } from '../../src/domain/person.ts'
import type { Directory } from '../../src/domain/ports/directory.ts'
import { aRule } from '../support/known-devices.ts'

const ref = (userId: string): PersonRef => ({
  id: userId,
  slack: { teamId: 'T1', userId },
  name: userId,
  email: null,
})
export const askers = [ref('URILEY'), ref('UKIM')] as const
export const admins = [ref('UADA'), ref('USAM')] as const

/** Who is here and who is in the group that the standing rule wants, at this moment of a run. */
export class People {
  readonly away = new Set<string>()
  readonly members = new Set<string>()
  readonly #devices: DeviceStore
  readonly directory: Directory = {
    facts: (person) => this.#withDevices(person),
    freshFacts: (person) => this.#withDevices(person),
    everyone: async () => ({
      people: [...askers, ...admins].map((person) => this.#factsOf(person)),
      isSomebodyUnread: false,
    }),
    named: async (name) => this.#factsOf(ref(name)),
    groups: async () => () => new Set<string>(),
    freshGroups: () => Promise.resolve(true),
    groupsCalled: () => Promise.resolve([]),
  }

  constructor(devices: DeviceStore) {
    this.#devices = devices
  }

  async #withDevices(person: PersonRef): Promise<PersonFacts> {
    return { ...this.#factsOf(person), devices: await this.#devices.ofPeople([person.id]) }
  }

  #factsOf(person: PersonRef): PersonFacts {
    const { userId } = person.slack
    return {
      person,
      isHere: !this.away.has(userId),
      isGuest: false,
      isExternal: false,
      isEmailRead: true,
      zone: 'UTC',
      groups: new Set(this.members.has(userId) ? ['@keepers'] : []),
    }
  }
}

/** Two entitlements that mean the same access, and one of its own; what is held by rule means the same as that one. */
export const entitlementIds: readonly [string, ...string[]] = ['one', 'same', 'other']
/** Asked for in some runs only: it is held on a device. */
export const onDevice = 'fit'
export const fitRule = aRule({ maxAgeMs: 8_000, graceMs: 3_000 })
const roles: Readonly<Record<string, string>> = { other: 'write', kept: 'write', [onDevice]: 'admin' }
const targetOf = (id: string) => ({ role: roles[id] ?? 'read' })

const stage: ReviewStage = {
  name: null,
  needs: 1,
  asksProof: false,
  quiet: null,
  otherwise: null,
  escalate: null,
  remindMs: [],
  hours: [],
  approvers: { people: ['UADA', 'USAM'], groups: [], manager: false, who: null },
}

const whoKeeps: Entitlement['who'] = {
  source: '"@keepers" in groups',
  groups: ['@keepers'],
  mentions: ['groups'],
  evaluate: ({ groups }) => (groups === 'unknown' ? 'unknown' : groups.has('@keepers') ? 'yes' : 'no'),
}

const entitlements = [...entitlementIds, 'kept', onDevice].map((id): [string, Entitlement] => [
  id,
  {
    id,
    name: id,
    resource: { id: 'db', name: 'Database', owner: null },
    system: 'sys',
    target: targetOf(id),
    canonical: JSON.stringify(targetOf(id)),
    mode: id === 'kept' ? 'standing' : 'approval',
    session: null,
    device: id === onDevice ? fitRule : null,
    channel: 'C1',
    admins: ['UADA', 'USAM'],
    who: id === 'kept' ? whoKeeps : { source: 'true', groups: [], mentions: [], evaluate: () => 'yes' },
    external: false,
    review: { stages: [stage], withinMs: 60_000 },
    duration: { defaultMs: 10_000, maxMs: 60_000, choicesMs: [10_000] },
    warnMs: null,
    alertMs: 20_000,
    startsWithinMs: 60_000,
    breakGlass: { maxMs: 60_000, remindMs: 86_400_000, proof: 'none' },
    keeps: false,
    confirmAbove: 50,
    windows: { untilMs: 86_400_000, warns: false, only: [] },
    auto: [],
    preApproveMs: null,
    onBehalf: null,
    isInDigest: true,
    extend: { maxTimes: 2, totalMs: 60_000, stepMs: 8_000, afterShare: 0.2, isReviewed: id === 'other' },
    reasonExample: null,
    how: null,
    confirm: false,
    asksProof: false,
  },
])

export const catalog: Catalog = {
  systems: new Map([
    [
      'sys',
      {
        id: 'sys',
        connector: 'scripted',
        settings: {},
        settingsFingerprint: '',
        timeoutMs: 2_500,
        handOver: 'modal' as const,
        principal: {
          isOfDevice: false,
          source: 'slackUserId',
          resolve: ({ slackUserId }) => ({ principal: slackUserId }),
        },
      },
    ],
  ]),
  resources: new Map([
    ['db', { id: 'db', name: 'Database', owner: null, system: 'sys', entitlements: new Map(entitlements) }],
  ]),
  managers: new Map(),
  proof: { methods: ['passkey', 'totp'], maxAgeMs: 600_000 },
  openId: null,
  devices: noDevices,
  asksWhenConfirmed: false,
  people: { isScimRequired: false, graceMs: 60_000, channel: null, admins: [] },
  fingerprint: '',
  loadedAt: new Date(0),
}
