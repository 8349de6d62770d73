import { z } from 'zod'
import { page, type Answer, type Asked } from './ask.ts'
import type { Directory, User } from './directory.ts'
import { Refusal } from './refusal.ts'

export const shownUser = ({ id, status, profile }: User) => ({ id, status, profile })

/** Those whom a filter or a search finds. */
export function usersFor(directory: Directory, asked: Asked): Answer {
  const [filter, search] = [asked.query.get('filter'), asked.query.get('search')]
  const all = [...directory.users.values()]
  if (filter !== null)
    return page(asked, all.filter(matching(filter, { isExact: true })), { most: 200, shown: shownUser })
  if (search !== null) {
    const indexed = all.filter(({ indexedAtMs }) => indexedAtMs <= performance.now())
    return page(asked, indexed.filter(matching(search, { isExact: false })), { most: 200, shown: shownUser })
  }
  const here = all.filter(({ status }) => status !== 'DEPROVISIONED')
  return page(asked, here, { most: 200, shown: shownUser })
}

/** `profile.login eq "…"` and the like; only one term is covered. */
function matching(expression: string, { isExact }: { isExact: boolean }): (one: User) => boolean {
  const [, field = '', quoted = ''] = /^([\w.]+) eq ("(?:[^"\\]|\\.)*")$/.exec(expression) ?? []
  const wanted = quoted === '' ? null : z.string().parse(JSON.parse(quoted))
  if (wanted === null || !['profile.login', 'profile.email', 'status', 'id'].includes(field))
    throw new Refusal(400, 'E0000031', 'Invalid search criteria.')
  const fold = (value: string) => (isExact ? value : value.toLowerCase())
  return ({ id, status, profile }) => {
    const values = { id, status, 'profile.login': profile.login, 'profile.email': profile.email }
    return Object.entries(values).some(([key, value]) => key === field && fold(value) === fold(wanted))
  }
}
