import { authMethods } from './auth.ts'
import { chatMethods } from './chat.ts'
import { conversationMethods } from './conversations.ts'
import type { Method } from './method.ts'
import { usergroupMethods } from './usergroups.ts'
import { userMethods } from './users.ts'
import { viewMethods } from './views.ts'

/** Every Web API method this workspace knows; all others are `unknown_method`, and complained about. */
export const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries<Method>({
    ...authMethods,
    ...chatMethods,
    ...conversationMethods,
    ...userMethods,
    ...usergroupMethods,
    ...viewMethods,
  }),
)
