import type { Parts } from './parts.ts'

/**
 * What Slack says of people and groups, so that rules follow soon; what it does not say is found within a minute.
 * Most of it changes nothing: statuses, huddles, pictures.
 */
export function listenToPeople({ app, directory, standing, log }: Parts): void {
  const groups = async (): Promise<void> => {
    // Not waited for: Slack's limits may let the groups be read only in some seconds.
    directory
      .groupsChanged()
      .then(() => standing.soon())
      .catch((error: unknown) => log.error('could not follow what Slack said of groups', { error }))
    return Promise.resolve()
  }
  app.event('subteam_members_changed', groups)
  app.event('subteam_updated', groups)
  app.event('subteam_created', groups)
  app.event('team_join', async ({ event }) => {
    if (await directory.heardOf(event.user)) standing.soon()
  })
  app.event('user_change', async ({ event }) => {
    if (await directory.heardOf(event.user)) standing.soon()
  })
}
