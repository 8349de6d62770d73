import { z } from 'zod'
import type { Page } from '../../domain/connector.ts'
import type { Api, Asked } from './api.ts'
import { isKind, isMissing, sinceSent } from './failure.ts'
import type { People } from './people.ts'
import type { GroupGift, IdentityCenterSettings } from './settings.ts'
import { pause, pauseMs } from './waiting.ts'

const membershipSchema = z.object({ MembershipId: z.string().min(1) })
const membersSchema = z.object({
  GroupMemberships: z.array(z.object({ MemberId: z.object({ UserId: z.string() }).optional() })),
  NextToken: z.string().nullish(),
})
const nothing = z.unknown()

interface About {
  readonly gift: GroupGift
  readonly userId: string
}

export interface Groups {
  /** Done already is done. */
  put(about: About, asked: Asked): Promise<void>
  takeOut(about: About, asked: Asked): Promise<void>
  isIn(about: About, asked: Asked): Promise<boolean>
  page(gift: GroupGift, after: string | null, asked: Asked): Promise<Page>
}

export function groupsOf(api: Api, people: People, { identityStore }: IdentityCenterSettings): Groups {
  const IdentityStoreId = identityStore

  /** Null where there is none: no membership, no group, nobody. */
  async function membershipOf({ gift, userId }: About, asked: Asked): Promise<string | null> {
    try {
      const found = await api.store(membershipSchema, asked, (store, how) =>
        store.getGroupMembershipId(
          { IdentityStoreId, GroupId: gift.group, MemberId: { UserId: userId } },
          how,
        ),
      )
      return found.MembershipId
    } catch (error) {
      if (isMissing(error, 'GROUP_MEMBERSHIP', 'GROUP', 'USER')) return null
      throw error
    }
  }

  return {
    async put(about, asked) {
      const { gift, userId } = about
      for (let tried = 0; ; tried += 1) {
        try {
          await api.store(membershipSchema, asked, (store, how) =>
            store.createGroupMembership(
              { IdentityStoreId, GroupId: gift.group, MemberId: { UserId: userId } },
              how,
            ),
          )
          return
        } catch (error) {
          if (!isKind(error, 'conflict')) throw error
        }
        // They are in it already, or somebody else changes it at this moment.
        if ((await membershipOf(about, asked)) !== null) return
        await pause(pauseMs(tried), asked)
      }
    },

    async takeOut(about, asked) {
      const taken = new Set<string>()
      try {
        for (;;) {
          const id = await membershipOf(about, asked)
          // What was deleted may be shown for a moment still.
          if (id === null || taken.has(id)) return
          await remove(id)
          taken.add(id)
        }
      } catch (error) {
        throw taken.size === 0 ? error : sinceSent(error)
      }

      async function remove(MembershipId: string): Promise<void> {
        for (let tried = 0; ; tried += 1) {
          try {
            await api.store(nothing, asked, (store, how) =>
              store.deleteGroupMembership({ IdentityStoreId, MembershipId }, how),
            )
            return
          } catch (error) {
            if (isMissing(error, 'GROUP_MEMBERSHIP', 'GROUP', 'USER')) return
            if (!isKind(error, 'conflict')) throw error
          }
          await pause(pauseMs(tried), asked)
        }
      }
    },

    isIn: async (about, asked) => (await membershipOf(about, asked)) !== null,

    async page(gift, after, asked) {
      const { GroupMemberships, NextToken } = await api.store(membersSchema, asked, (store, how) =>
        store.listGroupMemberships(
          {
            IdentityStoreId,
            GroupId: gift.group,
            MaxResults: 100,
            NextToken: after ?? undefined,
          },
          how,
        ),
      )
      const ids = GroupMemberships.flatMap(({ MemberId }) =>
        MemberId === undefined ? [] : [MemberId.UserId],
      )
      return { principals: await people.namesOf([...new Set(ids)], asked), next: NextToken || null }
    },
  }
}
