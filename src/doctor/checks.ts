import { addressCheck } from './address.ts'
import { catalogCheck } from './catalog.ts'
import { channelsCheck } from './channels.ts'
import type { Check } from './check.ts'
import { confirmingCheck, passkeysCheck, providerCheck } from './confirming.ts'
import { indexesCheck, majorityCheck, reachCheck, rightsCheck, serverCheck } from './database.ts'
import { directoryGroupsCheck, directoryPeopleCheck } from './directories.ts'
import { environmentCheck } from './environment.ts'
import { peopleCheck } from './people.ts'
import { recordCheck } from './record.ts'
import { slackGroupsCheck } from './slack-groups.ts'
import { systemsCheck } from './systems.ts'
import { tokenCheck } from './tokens.ts'
import { httpCheck, socketCheck } from './transport.ts'

/** Everything that is looked at, in the order in which it is said. */
export const checks: readonly Check[] = [
  environmentCheck,
  catalogCheck,
  reachCheck,
  serverCheck,
  majorityCheck,
  rightsCheck,
  indexesCheck,
  recordCheck,
  tokenCheck,
  socketCheck,
  httpCheck,
  channelsCheck,
  peopleCheck,
  directoryPeopleCheck,
  slackGroupsCheck,
  directoryGroupsCheck,
  systemsCheck,
  confirmingCheck,
  passkeysCheck,
  providerCheck,
  addressCheck,
]
