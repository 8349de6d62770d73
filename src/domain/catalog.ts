import type { Answer } from './answer.ts'
import type { OpenIdSettings } from './confirming/openid-settings.ts'
import type { Counting, ProofRules } from './confirmation.ts'
import type { Target } from './connector.ts'
import type { Device } from './devices/device.ts'
import type { DeviceRules, FitRule } from './devices/rules.ts'
import type { Known, LastProof, Provisioned } from './person.ts'
import type { FixedWindow } from './windows/fixed.ts'

/** One immutable reading of the owner's files. Kept for one attempt; the next attempt reads the newest. */
export interface Catalog {
  readonly systems: ReadonlyMap<string, System>
  readonly resources: ReadonlyMap<string, Resource>
  /** Who manages whom, whatever SCIM says: e-mails or Slack user ids of both. */
  readonly managers: ReadonlyMap<string, string>
  readonly people: PeopleRules
  readonly devices: DeviceRules
  /** What counts as proof of who somebody is, where an entitlement says nothing of its own. */
  readonly proof: ProofRules
  /** The company's identity provider, where people confirm by signing in there; it holds a secret: never logged. */
  readonly openId: OpenIdSettings | null
  /** Whether any condition asks when somebody last confirmed who they are. */
  readonly asksWhenConfirmed: boolean
  /** Changes whenever anything in the files does. */
  readonly fingerprint: string
  readonly loadedAt: Date
}

/** How people are taken who come from SCIM. */
export interface PeopleRules {
  /** Whoever is not active in SCIM can hold nothing. */
  readonly isScimRequired: boolean
  /** So long nobody loses anything for having left a SCIM group: a full sync may be bringing them back. */
  readonly graceMs: number
  /** Where it is asked whether two identities are one person; null: by DM to its admins. */
  readonly channel: string | null
  /** Who answers that: e-mails or Slack user ids. None: every admin of the catalog. */
  readonly admins: readonly string[]
}

export interface System {
  readonly id: string
  /** The connector's kind, such as `mongodb`. */
  readonly connector: string
  /** As the connector's own schema parsed them; may hold secrets: never logged. */
  readonly settings: unknown
  /** Changes whenever the settings do, without revealing them. */
  readonly settingsFingerprint: string
  /** The longest a call to this system may take. */
  readonly timeoutMs: number
  /** Where its secrets are shown: in a Slack modal, or on a page that Slack does not see. */
  readonly handOver: 'modal' | 'page'
  readonly principal: PrincipalRule
}

/** Who somebody is on a system: their name there, or why it cannot be said. */
export interface PrincipalRule {
  readonly source: string
  /** It names a device and not a person: whoever asks says on which. */
  readonly isOfDevice: boolean
  resolve(
    attributes: Pick<Attributes, 'email' | 'slackUserId' | 'device'>,
  ): { principal: string } | { unresolved: string }
}

export interface Resource {
  readonly id: string
  readonly name: string
  /** E-mail or Slack id of who is named to people that may request nothing. */
  readonly owner: string | null
  readonly system: string
  readonly entitlements: ReadonlyMap<string, Entitlement>
}

export interface Entitlement {
  readonly id: string
  readonly name: string
  readonly resource: Pick<Resource, 'id' | 'name' | 'owner'>
  readonly system: string
  readonly target: Target
  /** The target as the connector writes it. */
  readonly canonical: string
  /**
   * `standing`: whoever matches `who` holds it, without asking. `session`: whoever matches begins a stretch of it by
   * confirming who they are.
   */
  readonly mode: 'approval' | 'standing' | 'session'
  /** Not null exactly where `mode` is `session`. */
  readonly session: SessionRules | null
  /** Held only by whoever has a fit device by this rule; null: on any, or none. */
  readonly device: FitRule | null
  /** Whoever was given it keeps it to the agreed end, though the rules no longer say so; not who has left. */
  readonly keeps: boolean
  /** More people than this lose it at once only after an admin has said so. */
  readonly confirmAbove: number
  /** Slack channel id where cards go. */
  readonly channel: string
  /** E-mails or Slack user ids. Admins may end and retry; they review only if they are approvers too. */
  readonly admins: readonly string[]
  readonly who: Condition
  /** People of other workspaces (Slack Connect) may ask only where this is true. */
  readonly external: boolean
  readonly review: { readonly stages: readonly [Stage, ...Stage[]]; readonly withinMs: number }
  readonly duration: {
    readonly defaultMs: number
    readonly maxMs: number
    readonly choicesMs: readonly number[]
  }
  /** How long before the end the holder is warned; null for the usual 15 min or 20 %, whichever is less. */
  readonly warnMs: number | null
  /** How old a debt to the system may grow before the admin channel hears of it. */
  readonly alertMs: number
  /** How far ahead a start may be asked for; null: only as soon as it is approved. */
  readonly startsWithinMs: number | null
  /** Recurring windows, and when it may be held at all; null: at any time, and only once for each asking. */
  readonly windows: WindowRules | null
  /** Where it may be taken at once in an emergency, by whoever may ask; null: never without an approval. */
  readonly breakGlass: BreakGlassRules | null
  /** In their order: the first that fits approves by itself. */
  readonly auto: readonly AutoRule[]
  /** How far ahead an approver may approve the same for the same person; null: never. */
  readonly preApproveMs: number | null
  /** Who may ask for somebody else, who must be allowed it too; null: nobody. */
  readonly onBehalf: Condition | null
  /** Whether its admins hear of it once a day. */
  readonly isInDigest: boolean
  /** How holders may get more time; null: they ask anew. */
  readonly extend: ExtendRules | null
  readonly reasonExample: string | null
  /** Shown to the holder while active: how to connect. */
  readonly how: string | null
  /** Approving asks "are you sure?". */
  readonly confirm: boolean
  /** Whoever asks for it confirms who they are. */
  readonly asksProof: boolean
}

export interface BreakGlassRules {
  readonly maxMs: number
  readonly remindMs: number
  /**
   * Whether they must confirm who they are: `unless-down`: not while the identity provider is down and nothing else that
   * they could confirm with is at hand; then it is said louder.
   */
  readonly proof: 'none' | 'always' | 'unless-down'
}

export interface SessionRules {
  /** How long one confirmation makes it last. */
  readonly lengthMs: number
  /** How long before its end it may be renewed. */
  readonly renewMs: number
  /** The longest from its begin, however often it is renewed. */
  readonly maxMs: number
  readonly proof: ProofRules
}

/** Approves what is asked for once, without anybody's click. */
export interface AutoRule {
  /** Its name, which people read; only one of an entitlement is called so. */
  readonly because: string
  readonly when: Condition
  /** The longest it approves, in ms. */
  readonly maxMs: number
  readonly quota: Quota | null
  /** From then on it approves nothing. */
  readonly notAfter: Date | null
  /** Whether its approvals leave a line in the channel. */
  readonly isShown: boolean
}

/** So many times for each person within this time. */
export interface Quota {
  readonly uses: number
  readonly perMs: number
}

export interface ExtendRules {
  readonly maxTimes: number
  /** From the start to the last end, in ms. */
  readonly totalMs: number
  /** What one extension adds, in ms. */
  readonly stepMs: number
  /** The share of the time that must have passed first, 0 to 1. */
  readonly afterShare: number
  /** False: it is extended at once. */
  readonly isReviewed: boolean
}

export interface WindowRules {
  /** How far ahead the last window of a series may start, in ms; null: nobody may ask for a series. */
  readonly untilMs: number | null
  /** Whether the holder is warned before each window closes. */
  readonly warns: boolean
  /** It is held only within these; empty: at any time. */
  readonly only: readonly FixedWindow[]
}

/** Stages are filled in their order; one person fills one seat in the whole request. */
export interface Stage {
  /** What people call it; null: by its approvers. */
  readonly name: string | null
  readonly approvers: Approvers
  /** How many different people must approve. */
  readonly needs: number
  /** Each confirms who they are as they approve. */
  readonly asksProof: boolean
  /** They may answer too, and are never mentioned. */
  readonly quiet: Approvers | null
  /** They answer too where too few of the approvers can; null: the admins. */
  readonly otherwise: Approvers | null
  /** Called, and allowed to answer too, when it has waited for so long. */
  readonly escalate: { readonly afterMs: number; readonly to: Approvers } | null
  /** How long after the stage began its approvers are reminded, in ms, each time later. */
  readonly remindMs: readonly number[]
  /** Reminders and escalation wait for these; empty: they come at any time. */
  readonly hours: readonly FixedWindow[]
}

export interface Approvers {
  /** E-mails or Slack user ids. */
  readonly people: readonly string[]
  /** Slack user groups by their handles, written `@dba`, and SCIM groups by their names, written `dba`. */
  readonly groups: readonly string[]
  /** The manager of whom it is for. */
  readonly manager: boolean
  /** Whoever this is true of. */
  readonly who: Condition | null
}

/** A CEL expression, type-checked at load. Anything unknown that it mentions makes the answer unknown. */
export interface Condition {
  readonly source: string
  /** The groups that it names: `@dba` is Slack's, `dba` is SCIM's. */
  readonly groups: readonly string[]
  /** The variables that it mentions, such as `zone`. */
  readonly mentions: readonly string[]
  evaluate(attributes: Attributes): Answer
}

/** What CEL sees. */
export interface Attributes {
  /** Verified; null: they have none. */
  readonly email: Known<string | null>
  readonly slackUserId: string
  readonly groups: Known<ReadonlySet<string>>
  /** Every group that Slack has: a condition that names another one has no answer. */
  readonly listedGroups?: ReadonlySet<string>
  /** The same of SCIM's groups; absent where there is no such source. */
  readonly provisioned?: Pick<Provisioned, 'groups' | 'leftLately' | 'listed'>
  /** Null: they never confirmed who they are, as far as is known; absent: nobody looked. */
  readonly confirmed?: LastProof | null
  /** That it is for, where one is meant. */
  readonly device?: Device
  readonly guest: boolean
  readonly zone: string
  readonly durationMs: number
  readonly reason: string
  readonly now: Date
  readonly resource: string
  readonly entitlement: string
}

/** What counts of what somebody proved before, by this catalog. */
export const countingOf = ({ proof, openId }: Pick<Catalog, 'proof' | 'openId'>): Counting => ({
  ...proof,
  issuer: openId?.issuer ?? null,
})

/** Whether whoever asks for it says on which device. */
export const isForDevice = ({ systems }: Catalog, { system }: Pick<Entitlement, 'system'>): boolean =>
  systems.get(system)?.principal.isOfDevice === true

export function findEntitlement(catalog: Catalog, resource: string, entitlement: string): Entitlement | null {
  return catalog.resources.get(resource)?.entitlements.get(entitlement) ?? null
}

export const entitlementsIn = ({ resources }: Catalog, resource: string): Entitlement[] => [
  ...(resources.get(resource)?.entitlements.values() ?? []),
]

/** What follows from a catalog alone, found once for each: of its entitlements there may be tens of thousands. */
export function perCatalog<T>(find: (catalog: Catalog) => T): (catalog: Catalog) => T {
  const found = new WeakMap<Catalog, { readonly what: T }>()
  return (catalog) => {
    const known = found.get(catalog) ?? { what: find(catalog) }
    found.set(catalog, known)
    return known.what
  }
}

export const everyEntitlement = perCatalog((catalog): readonly Entitlement[] =>
  [...catalog.resources.values()].flatMap((resource) => [...resource.entitlements.values()]),
)
