import { randomUUID } from 'node:crypto'
import { ConnectorError } from '../../domain/connector.ts'
import { complaintOf, memberFilter, members, namedList, patchOf, versionOf } from './messages.ts'
import { isGone, system, unclear, type Server } from './server.ts'
import type { HttpAnswer } from '../http/client.ts'
import { turns, type Turns } from '../turns.ts'

/** From so many members on a question is cheaper than reading them all. */
const manyMembers = 100
/** Another may have written in between, or a write was lost: then it is done again. */
const tries = 2

interface Asking {
  readonly doing: string
  readonly signal: AbortSignal
}

/** Who is in which group. */
export interface Groups {
  isMember(group: string, person: string, asking: Asking): Promise<boolean>
  /** Makes it so; one after the other in a group. False: there is no such group. */
  change(group: string, person: string, isMember: boolean, asking: Asking): Promise<boolean>
  /** The ids of all members; null: there is no such group. */
  membersOf(group: string, asking: Asking): Promise<string[] | null>
}

/**
 * Another changed the group since it was read: 412, or 409, by which RFC 7644 (3.12) means a version that is not the latest,
 * where it does not speak of two that are called the same.
 */
function isConflict(answer: HttpAnswer, ifMatch: string | null): boolean {
  if (answer.status === 412) return true
  const kind = complaintOf(answer)?.scimType ?? null
  return answer.status === 409 && kind !== 'uniqueness' && (ifMatch !== null || kind === null)
}

/** `readsBack`: whether what was written is read at once. */
export function groupsOf(server: Server, { readsBack }: { readsBack: boolean }): Groups {
  /** Whether a server asked for one member of one group answers that, as far as we know. */
  let answersFilter: boolean | null = null
  const writing = new Map<string, Turns>()

  const pathOf = (group: string, attributes: string) =>
    `/Groups/${encodeURIComponent(group)}?attributes=${attributes}`

  async function membersOf(group: string, { doing, signal }: Asking): Promise<string[] | null> {
    const answer = await server.send({ doing, method: 'GET', path: pathOf(group, 'members'), signal }, [404])
    if (isGone(answer, doing)) return null
    const found = server.read(members, answer, doing)
    if (found.id !== group) throw unclear(doing, 'it answered with another group')
    return (found.members ?? []).map(({ value }) => value)
  }

  /** Null: the server does not understand the question. */
  async function filtered(group: string, person: string, { doing, signal }: Asking): Promise<boolean | null> {
    const filter = encodeURIComponent(memberFilter(group, person))
    const path = `/Groups?filter=${filter}&attributes=id&count=2`
    const answer = await server.send({ doing, method: 'GET', path, signal }, [400, 403, 404, 501])
    if (answer.status >= 300) return null
    const { totalResults, Resources } = server.read(namedList, answer, doing)
    const found = Resources ?? []
    if (found.length === 0 && totalResults === 0) return false
    // Whoever answers with another group did not look at the question.
    return found.length === 1 && found[0]?.id === group ? true : null
  }

  /** Known of a member, and of nobody: a server that does not look would be wrong about one of them. */
  async function tried(group: string, member: string, asking: Asking): Promise<boolean> {
    return (
      (await filtered(group, member, asking)) === true &&
      (await filtered(group, randomUUID(), asking)) === false
    )
  }

  async function isMember(group: string, person: string, asking: Asking): Promise<boolean> {
    if (answersFilter === true) {
      const answer = await filtered(group, person, asking)
      if (answer !== null) return answer
      answersFilter = false
    }
    const found = (await membersOf(group, asking)) ?? []
    const [first] = found
    if (answersFilter === null && first !== undefined && found.length > manyMembers)
      answersFilter = await tried(group, first, asking)
    return found.includes(person)
  }

  /** Sends it once. What is refused though it is so already is done. */
  async function patched(group: string, person: string, isToBe: boolean, asking: Asking) {
    const { doing, signal } = asking
    const path = `/Groups/${encodeURIComponent(group)}`
    const before = await server.send(
      { doing, method: 'GET', path: pathOf(group, 'displayName'), signal },
      [404],
    )
    if (isGone(before, doing)) return 'no group'
    const body = patchOf(isToBe, person)
    try {
      const ifMatch = versionOf(before)
      const asked = { doing, method: 'PATCH', path, body, ifMatch, signal } as const
      const answer = await server.send(asked, (refusal) => isConflict(refusal, ifMatch))
      if (answer.status < 300) return 'sent'
      // With 409 some refuse what is so already.
      const isSo = answer.status === 409 && (await isMember(group, person, asking)) === isToBe
      return isSo ? 'sent' : 'changed meanwhile'
    } catch (error) {
      const isRefused = error instanceof ConnectorError && !error.retryable && error.happened === 'no'
      if (isRefused && (await isMember(group, person, asking)) === isToBe) return 'sent'
      throw error
    }
  }

  async function changed(group: string, person: string, isToBe: boolean, asking: Asking): Promise<boolean> {
    let mayHaveHappened = false
    let last: Awaited<ReturnType<typeof patched>> = 'changed meanwhile'
    try {
      for (let tried = 0; tried < tries; tried++) {
        last = await patched(group, person, isToBe, asking)
        if (last === 'no group') return false
        mayHaveHappened ||= last === 'sent'
        if (last === 'sent' && (!readsBack || (await isMember(group, person, asking)) === isToBe)) return true
      }
    } catch (error) {
      if (!(error instanceof ConnectorError) || !mayHaveHappened || error.happened === 'unknown') throw error
      throw new ConnectorError(error.message, {
        retryable: error.retryable,
        happened: 'unknown',
        cause: error.cause,
      })
    }
    const why =
      last === 'sent' ? 'it said that it did, and does not show it' : 'the group was being changed by others'
    throw new ConnectorError(`${system} could not ${asking.doing}: ${why}`, {
      retryable: true,
      happened: mayHaveHappened ? 'unknown' : 'no',
    })
  }

  return {
    isMember,
    membersOf,
    async change(group, person, isToBe, asking) {
      const turn = writing.get(group) ?? turns(1)
      writing.set(group, turn)
      const tooLate = new ConnectorError(
        `${system} could not ${asking.doing}: its turn did not come in time`,
        {
          retryable: true,
          happened: 'no',
        },
      )
      try {
        return await turn.take(() => changed(group, person, isToBe, asking), {
          signal: asking.signal,
          tooLate,
        })
      } finally {
        if (turn.isIdle) writing.delete(group)
      }
    },
  }
}
