import type { State } from '../state/state.ts'
import type { OpenView } from '../state/views.ts'
import type { Json } from './method.ts'

/** A view as the API and interaction payloads show it. */
export function viewObject({ identity }: State, view: OpenView): Json {
  const { definition } = view
  const modal = definition.type === 'modal' ? definition : undefined
  return {
    id: view.id,
    team_id: identity.teamId,
    type: definition.type,
    blocks: view.blocks,
    private_metadata: definition.private_metadata ?? '',
    callback_id: definition.callback_id ?? '',
    state: { values: view.values },
    hash: view.hash,
    title: modal?.title ?? { type: 'plain_text', text: 'View Title', emoji: true },
    clear_on_close: modal?.clear_on_close ?? false,
    notify_on_close: modal?.notify_on_close ?? false,
    close: modal?.close ?? null,
    submit: modal?.submit ?? null,
    previous_view_id: view.previousId,
    root_view_id: view.rootId,
    app_id: identity.appId,
    external_id: definition.external_id ?? '',
    app_installed_team_id: identity.teamId,
    bot_id: identity.botId,
  }
}
