import { z } from 'zod'
import { ConnectorError, type Page } from '../../domain/connector.ts'
import { turns } from '../turns.ts'
import type { Api, Asked } from './api.ts'
import { isKind, sinceSent, system } from './failure.ts'
import type { People } from './people.ts'
import type { AssignmentGift, IdentityCenterSettings } from './settings.ts'
import { pause, pauseMs } from './waiting.ts'

/** AWS lets ten of a kind be under way. */
const atOnce = 8

const statusSchema = z.object({
  Status: z.enum(['IN_PROGRESS', 'SUCCEEDED', 'FAILED']),
  RequestId: z.string().optional(),
  FailureReason: z.string().nullish(),
})
type Status = z.infer<typeof statusSchema>
const creationSchema = z.object({ AccountAssignmentCreationStatus: statusSchema })
const deletionSchema = z.object({ AccountAssignmentDeletionStatus: statusSchema })
const assignmentsSchema = z.object({
  AccountAssignments: z.array(
    z.object({
      AccountId: z.string().optional(),
      PermissionSetArn: z.string().optional(),
      PrincipalId: z.string().optional(),
      PrincipalType: z.string().optional(),
    }),
  ),
  NextToken: z.string().nullish(),
})

type Assigned = z.infer<typeof assignmentsSchema>

interface About {
  readonly gift: AssignmentGift
  readonly userId: string
}

export interface Assignments {
  /** Resolves once AWS has carried it out; done already is done. */
  create(about: About, asked: Asked): Promise<void>
  remove(about: About, asked: Asked): Promise<void>
  isThere(about: About, asked: Asked): Promise<boolean>
  page(gift: AssignmentGift, after: string | null, asked: Asked): Promise<Page>
}

export function assignmentsOf(api: Api, people: People, { instance }: IdentityCenterSettings): Assignments {
  const turn = turns(atOnce)
  const inTurn = (asked: Asked, work: () => Promise<void>): Promise<void> =>
    turn.take(work, {
      signal: asked.signal,
      tooLate: new ConnectorError(`${system} could not ${asked.doing}: others came first`, {
        retryable: true,
        happened: 'no',
      }),
    })

  /** Looks until it is over. Whatever fails meanwhile says nothing about what becomes of it. */
  async function ended(
    first: Status,
    asked: Asked,
    look: (requestId: string) => Promise<Status>,
  ): Promise<Status> {
    let status = first
    try {
      for (let looked = 0; status.Status === 'IN_PROGRESS'; looked += 1) {
        await pause(pauseMs(looked), asked)
        const { RequestId } = status
        if (RequestId === undefined)
          throw new ConnectorError(`${system} could not ${asked.doing}: it gave the request no id`, {
            retryable: true,
          })
        status = await look(RequestId).catch((error: unknown) => {
          // What it gave an id it knows, if not everywhere at once.
          if (isKind(error, 'throttled') || isKind(error, 'missing')) return status
          throw error
        })
      }
      return status
    } catch (error) {
      throw sinceSent(error)
    }
  }

  /** Asks again while something else is being done to the same: an earlier call of ours perhaps, which was given up. */
  async function afterOthers(asked: Asked, begin: () => Promise<Status>): Promise<Status> {
    for (let tried = 0; ; tried += 1) {
      try {
        return await begin()
      } catch (error) {
        if (!isKind(error, 'conflict')) throw error
      }
      await pause(pauseMs(tried), asked)
    }
  }

  const inputOf = ({ gift, userId }: About) => ({
    InstanceArn: instance,
    TargetType: 'AWS_ACCOUNT' as const,
    TargetId: gift.account,
    PermissionSetArn: gift.permissionSet,
    PrincipalType: 'USER' as const,
    PrincipalId: userId,
  })

  async function create(about: About, asked: Asked): Promise<void> {
    const begun = await afterOthers(asked, async () => {
      const answer = await api.admin(creationSchema, asked, (admin, how) =>
        admin.createAccountAssignment(inputOf(about), how),
      )
      return answer.AccountAssignmentCreationStatus
    })
    const { Status, FailureReason } = await ended(begun, asked, async (id) => {
      const answer = await api.admin(creationSchema, asked, (admin, how) =>
        admin.describeAccountAssignmentCreationStatus(
          { InstanceArn: instance, AccountAssignmentCreationRequestId: id },
          how,
        ),
      )
      return answer.AccountAssignmentCreationStatus
    })
    if (Status === 'FAILED') throw failed(asked, FailureReason)
  }

  /** Null where AWS says that there is nothing to delete. */
  async function removeOnce(about: About, asked: Asked): Promise<Status | null> {
    try {
      const begun = await afterOthers(asked, async () => {
        const answer = await api.admin(deletionSchema, asked, (admin, how) =>
          admin.deleteAccountAssignment(inputOf(about), how),
        )
        return answer.AccountAssignmentDeletionStatus
      })
      return await ended(begun, asked, async (id) => {
        const answer = await api.admin(deletionSchema, asked, (admin, how) =>
          admin.describeAccountAssignmentDeletionStatus(
            { InstanceArn: instance, AccountAssignmentDeletionRequestId: id },
            how,
          ),
        )
        return answer.AccountAssignmentDeletionStatus
      })
    } catch (error) {
      if (isKind(error, 'missing')) return null
      throw error
    }
  }

  async function isThere({ gift, userId }: About, asked: Asked): Promise<boolean> {
    for (let NextToken: string | undefined; ;) {
      const { AccountAssignments, NextToken: next }: Assigned = await api.admin(
        assignmentsSchema,
        asked,
        (admin, how) =>
          admin.listAccountAssignmentsForPrincipal(
            {
              InstanceArn: instance,
              PrincipalId: userId,
              PrincipalType: 'USER',
              Filter: { AccountId: gift.account },
              MaxResults: 100,
              NextToken,
            },
            how,
          ),
      )
      const isSo = AccountAssignments.some(
        ({ AccountId, PermissionSetArn, PrincipalId, PrincipalType }) =>
          AccountId === gift.account &&
          PermissionSetArn === gift.permissionSet &&
          // What they have by a group is listed too.
          PrincipalType === 'USER' &&
          PrincipalId === userId,
      )
      if (isSo) return true
      if (!next) return false
      NextToken = next
    }
  }

  return {
    create: (about, asked) => inTurn(asked, () => create(about, asked)),

    remove: (about, asked) =>
      inTurn(asked, async () => {
        let wasSent = false
        try {
          for (let tried = 0; ; tried += 1) {
            const ended = await removeOnce(about, asked)
            wasSent ||= ended !== null
            if (!(await isThere(about, asked))) return
            if (ended?.Status === 'FAILED') throw failed(asked, ended.FailureReason)
            await pause(pauseMs(tried), asked)
          }
        } catch (error) {
          throw wasSent ? sinceSent(error) : error
        }
      }),

    isThere,

    async page(gift, after, asked) {
      const { AccountAssignments, NextToken } = await api.admin(assignmentsSchema, asked, (admin, how) =>
        admin.listAccountAssignments(
          {
            InstanceArn: instance,
            AccountId: gift.account,
            PermissionSetArn: gift.permissionSet,
            MaxResults: 100,
            NextToken: after ?? undefined,
          },
          how,
        ),
      )
      const ids = AccountAssignments.flatMap(({ PrincipalType, PrincipalId }) =>
        PrincipalType === 'USER' && PrincipalId !== undefined ? [PrincipalId] : [],
      )
      return { principals: await people.namesOf([...new Set(ids)], asked), next: NextToken || null }
    },
  }
}

/** Reasons are for people, and name the status of what AWS itself asked: what is refused for good is so. */
function failed({ doing }: Asked, reason: string | null | undefined): ConnectorError {
  const why = reason ?? 'it did not say why'
  const [, status = ''] = /\b([45]\d\d) status error/.exec(why) ?? []
  const isForGood = /^4/.test(status) && status !== '409' && status !== '429'
  const missing = status === '404' ? ': something that it names does not exist' : ''
  return new ConnectorError(`${system} could not ${doing}${missing}: ${why}`, {
    retryable: !isForGood,
    happened: isForGood ? 'no' : 'unknown',
  })
}
