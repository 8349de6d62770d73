import type { Checked } from '../blocks/check.ts'
import { checkHome, checkModal } from '../blocks/check.ts'
import type { HomeView, ModalView } from '../blocks/views.ts'
import type { OpenView } from '../state/views.ts'
import { json, text } from './args.ts'
import { ApiError, method, refused, type Room } from './method.ts'
import { viewObject } from './view-object.ts'

/** views.*: modals by trigger, changes by id and hash, Home tabs. */
export const viewMethods = {
  'views.open': method({
    args: { trigger_id: text, view: json },
    run: (room, { trigger_id, view }) => {
      const definition = modalOf(room, view)
      const personId = personOf(room, trigger_id)
      const opened = room.state.views.make(personId, definition)
      room.state.triggers.use(trigger_id)
      room.state.setStack(personId, [opened])
      return { view: viewObject(room.state, opened) }
    },
  }),

  'views.push': method({
    args: { trigger_id: text, view: json },
    run: (room, { trigger_id, view }) => {
      const definition = modalOf(room, view)
      const personId = personOf(room, trigger_id)
      const stack = room.state.views.stack(personId)
      if (stack.length === 0) throw new ApiError('not_found')
      if (stack.length >= 3) throw new ApiError('push_limit_reached')
      const pushed = room.state.views.make(personId, definition, stack.at(-1))
      room.state.triggers.use(trigger_id)
      room.state.setStack(personId, [...stack, pushed])
      return { view: viewObject(room.state, pushed) }
    },
  }),

  'views.update': method({
    args: { view: json, view_id: text.optional(), external_id: text.optional(), hash: text.optional() },
    run: (room, { view, view_id, external_id, hash }) => {
      if (view_id === undefined && external_id === undefined)
        throw refused('invalid_arguments', ['[ERROR] missing required field: view_id'])
      const old = room.state.views.find((open) =>
        view_id === undefined ? open.definition.external_id === external_id : open.id === view_id,
      )
      if (!old) throw new ApiError('not_found')
      if (hash !== undefined && hash !== old.hash) throw new ApiError('hash_conflict')
      const definition = old.definition.type === 'home' ? homeOf(view) : modalOf(room, view, old)
      const updated = room.state.views.remake(old, definition)
      room.state.show(updated)
      return { view: viewObject(room.state, updated) }
    },
  }),

  'views.publish': method({
    args: { user_id: text, view: json, hash: text.optional() },
    run: (room, { user_id, view, hash }) => {
      const definition = homeOf(view)
      if (!room.state.accounts.has(user_id)) throw new ApiError('user_not_found')
      const old = room.state.views.home(user_id)
      if (hash !== undefined && hash !== old?.hash) throw new ApiError('hash_conflict')
      const published = old
        ? room.state.views.remake(old, definition)
        : room.state.views.make(user_id, definition)
      room.state.views.setHome(published)
      room.state.changes.tell({ what: 'home', personId: user_id })
      return { view: viewObject(room.state, published) }
    },
  }),
}

/** A modal that may be shown; `instead` is the view it replaces, whose external_id it may keep. */
export function modalOf(room: Room, view: unknown, instead?: OpenView): ModalView {
  const definition = taken(checkModal(view), view)
  const { external_id } = definition
  const twin = room.state.views.find((v) => v.definition.external_id === external_id && v.id !== instead?.id)
  if (external_id !== undefined && external_id !== '' && twin) throw new ApiError('duplicate_external_id')
  return definition
}

const homeOf = (view: unknown): HomeView => taken(checkHome(view), view)

function taken<T>(checked: Checked<T>, view: unknown): T {
  if (Buffer.byteLength(JSON.stringify(view)) > 250 * 1024) throw new ApiError('view_too_large')
  if (!checked.ok) throw refused('invalid_arguments', checked.messages)
  return checked.value
}

function personOf(room: Room, triggerId: string): string {
  const found = room.state.triggers.look(triggerId)
  if ('problem' in found) throw new ApiError(found.problem)
  return found.personId
}
