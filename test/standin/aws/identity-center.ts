import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { parsed, type Operations } from './identity-store.ts'
import { page } from './paging.ts'
import { notFound, Refusal } from './refusal.ts'
import { accountId, instanceArn, storeId, type Assignment, type Operation, type State } from './state.ts'

/** So many may be under way at once. */
const mostUnderWay = 10

const ofInstance = z.object({ InstanceArn: z.string() })
const paged = { MaxResults: z.number().optional(), NextToken: z.string().optional() }
const ofAssignment = z.strictObject({
  ...ofInstance.shape,
  TargetType: z.literal('AWS_ACCOUNT'),
  TargetId: z.string().regex(/^\d{12}$/),
  PermissionSetArn: z.string(),
  PrincipalType: z.literal('USER'),
  PrincipalId: z.string(),
})
const ofPrincipal = z.strictObject({
  ...ofInstance.shape,
  PrincipalType: z.literal('USER'),
  PrincipalId: z.string(),
  Filter: z.strictObject({ AccountId: z.string() }).optional(),
  ...paged,
})
const ofPlace = z.strictObject({
  ...ofInstance.shape,
  AccountId: z.string(),
  PermissionSetArn: z.string(),
  ...paged,
})

const keyOf = (one: Assignment) => [one.account, one.permissionSet, one.type, one.principal].join(' ')
const accountArn = (id: string) => `arn:aws:sso:::account/${id}`

/** How long it takes to carry out an assignment, and why it does not work out. */
export interface Moods {
  delayMs: number
  failsWith: string | null
}

/** What can be asked of Identity Center. */
export function centerOperations(state: State, moods: Moods): Operations {
  const open = (body: unknown) => {
    if (parsed(ofInstance, body).InstanceArn !== instanceArn) throw notFound('Instance')
  }
  const permissionSet = (arn: string): string => {
    const name = state.permissionSets.get(arn)
    if (name === undefined) throw notFound(`PermissionSet with id ${arn}`)
    return name
  }
  const shown = ({ assignment, RequestId, Status, FailureReason, createdAt }: Operation) => ({
    Status,
    RequestId,
    ...(FailureReason === null ? {} : { FailureReason }),
    CreatedDate: createdAt / 1_000,
    TargetId: assignment.account,
    TargetType: 'AWS_ACCOUNT',
    PermissionSetArn: assignment.permissionSet,
    PrincipalType: assignment.type,
    PrincipalId: assignment.principal,
  })
  const entry = (one: Assignment) => ({
    AccountId: one.account,
    PermissionSetArn: one.permissionSet,
    PrincipalType: one.type,
    PrincipalId: one.principal,
  })

  /** Checks what is known at once, and begins; the rest comes later. */
  function begin(kind: Operation['kind'], body: unknown): Operation {
    const asked = parsed(ofAssignment, body)
    open(body)
    permissionSet(asked.PermissionSetArn)
    const assignment: Assignment = {
      account: asked.TargetId,
      permissionSet: asked.PermissionSetArn,
      type: 'USER',
      principal: asked.PrincipalId,
    }
    const underWay = [...state.operations.values()].filter(({ Status }) => Status === 'IN_PROGRESS')
    if (underWay.some((one) => keyOf(one.assignment) === keyOf(assignment)))
      throw new Refusal('ConflictException', 'There is a conflicting operation in process. Please try again.')
    if (underWay.length >= mostUnderWay) throw new Refusal('ThrottlingException', 'Rate exceeded')
    const operation: Operation = {
      kind,
      RequestId: randomUUID(),
      assignment,
      createdAt: Date.now(),
      Status: 'IN_PROGRESS',
      FailureReason: null,
    }
    state.operations.set(operation.RequestId, operation)
    setTimeout(() => end(operation), moods.delayMs)
    return operation
  }

  function end(operation: Operation): void {
    const { kind, assignment } = operation
    const isThere = state.assignments.has(keyOf(assignment))
    const why = moods.failsWith ?? whyNot(assignment, kind === 'deletion' && !isThere)
    if (why !== null) {
      operation.Status = 'FAILED'
      operation.FailureReason = why
      return
    }
    if (kind === 'creation') state.assignments.set(keyOf(assignment), assignment)
    else state.assignments.delete(keyOf(assignment))
    operation.Status = 'SUCCEEDED'
  }

  function whyNot({ account, permissionSet, principal }: Assignment, isMissing: boolean): string | null {
    if (!state.accounts.has(account)) return 'Received a 404 status error: Account not found.'
    if (!state.permissionSets.has(permissionSet))
      return 'Received a 404 status error: Permission set not found.'
    if (isMissing) return 'Received a 404 status error: Account assignment not found.'
    return state.users.has(principal) ? null : 'Received a 404 status error: Principal not found.'
  }

  function status(kind: Operation['kind'], id: string): object {
    const found = state.operations.get(id)
    if (found?.kind !== kind) throw notFound('Request')
    return shown(found)
  }

  return {
    ListInstances(_body, need) {
      need('sso:ListInstances', ['*'])
      return {
        Instances: [
          { InstanceArn: instanceArn, IdentityStoreId: storeId, OwnerAccountId: accountId, Status: 'ACTIVE' },
        ],
      }
    },

    DescribePermissionSet(body, need) {
      const { PermissionSetArn } = parsed(
        z.strictObject({ ...ofInstance.shape, PermissionSetArn: z.string() }),
        body,
      )
      need('sso:DescribePermissionSet', [instanceArn, PermissionSetArn])
      open(body)
      return { PermissionSet: { PermissionSetArn, Name: permissionSet(PermissionSetArn) } }
    },

    CreateAccountAssignment(body, need) {
      const { TargetId, PermissionSetArn } = parsed(ofAssignment, body)
      need('sso:CreateAccountAssignment', [instanceArn, PermissionSetArn, accountArn(TargetId)])
      return { AccountAssignmentCreationStatus: shown(begin('creation', body)) }
    },

    DeleteAccountAssignment(body, need) {
      const { TargetId, PermissionSetArn } = parsed(ofAssignment, body)
      need('sso:DeleteAccountAssignment', [instanceArn, PermissionSetArn, accountArn(TargetId)])
      return { AccountAssignmentDeletionStatus: shown(begin('deletion', body)) }
    },

    DescribeAccountAssignmentCreationStatus(body, need) {
      const { AccountAssignmentCreationRequestId: id } = parsed(
        z.strictObject({ ...ofInstance.shape, AccountAssignmentCreationRequestId: z.uuid() }),
        body,
      )
      need('sso:DescribeAccountAssignmentCreationStatus', [instanceArn])
      open(body)
      return { AccountAssignmentCreationStatus: status('creation', id) }
    },

    DescribeAccountAssignmentDeletionStatus(body, need) {
      const { AccountAssignmentDeletionRequestId: id } = parsed(
        z.strictObject({ ...ofInstance.shape, AccountAssignmentDeletionRequestId: z.uuid() }),
        body,
      )
      need('sso:DescribeAccountAssignmentDeletionStatus', [instanceArn])
      open(body)
      return { AccountAssignmentDeletionStatus: status('deletion', id) }
    },

    ListAccountAssignments(body, need) {
      const asked = parsed(ofPlace, body)
      need('sso:ListAccountAssignments', [instanceArn, asked.PermissionSetArn, accountArn(asked.AccountId)])
      open(body)
      permissionSet(asked.PermissionSetArn)
      const all = [...state.assignments.values()].filter(
        ({ account, permissionSet: arn }) => account === asked.AccountId && arn === asked.PermissionSetArn,
      )
      const { items, ...next } = page(all, asked)
      return { AccountAssignments: items.map(entry), ...next }
    },

    /** What somebody has by a group is listed too, as the group's. */
    ListAccountAssignmentsForPrincipal(body, need) {
      const asked = parsed(ofPrincipal, body)
      need('sso:ListAccountAssignmentsForPrincipal', [instanceArn])
      open(body)
      const all = [...state.assignments.values()].filter(
        ({ account, type, principal }) =>
          (asked.Filter === undefined || account === asked.Filter.AccountId) &&
          (type === 'USER'
            ? principal === asked.PrincipalId
            : state.membershipOf(principal, asked.PrincipalId) !== null),
      )
      const { items, ...next } = page(all, asked)
      return { AccountAssignments: items.map(entry), ...next }
    },
  }
}
