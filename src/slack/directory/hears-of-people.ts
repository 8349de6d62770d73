import type { Parts } from '../parts.ts'

/**
 * What Slack says of people and groups, so that whatever depends on them follows soon; what it does not say is found
 * within a minute. Most of what it says of people is their status or a huddle: that changes nothing, and asks nothing.
 */
export function listenToPeople({ app, directory, held, log }: Parts): void {
  const groupsChanged = async (): Promise<void> => {
    await directory.groupsChanged()
    held.soon()
  }
  app.event('subteam_members_changed', groupsChanged)
  app.event('subteam_updated', groupsChanged)
  app.event('subteam_created', groupsChanged)
  const heard = async (user: { readonly id: string }): Promise<void> => {
    try {
      if (await directory.heardOf(user)) held.soon(user.id)
    } catch (error) {
      log.warn('could not follow what Slack says of somebody', { userId: user.id, error })
      held.soon(user.id)
    }
  }
  app.event('team_join', ({ event }) => heard(event.user))
  app.event('user_change', ({ event }) => heard(event.user))
}
