import { aboutServer, isMajorityThere, type AboutServer } from '../mongo/about-server.ts'
import { lackingIndexes } from '../mongo/indexes.ts'
import { missingRights } from '../mongo/own-rights.ts'
import { Unusable } from '../mongo/unusable.ts'
import { whyNot, type Check } from './check.ts'
import { CannotAsk, right, unknown, wrong, type Found } from './finding.ts'

const area = 'MongoDB'
const withinMs = 15_000

/** Whether it lets us in. */
export const reachCheck: Check = {
  area,
  about: 'reachable',
  withinMs,
  ask: async (installation) => {
    try {
      const { name } = await installation.connecting()
      return [right('reachable', `it lets Curfew in, to the database ${name}`)]
    } catch (error) {
      if (error instanceof CannotAsk) throw error
      if (error instanceof Unusable) return [wrong('reachable', error.message, 'Mend MONGODB_URI.')]
      return [wrong('reachable', `it does not answer: ${whyNot(error)}`, reachIt)]
    }
  },
}

const reachIt =
  'Start it, or let this machine reach it; mend MONGODB_URI if it is elsewhere. MongoDB is never reached by a proxy.'

/** Its version, whether it is a replica set, and its clock. */
export const serverCheck: Check = {
  area,
  about: 'server',
  withinMs,
  ask: async (installation) => {
    const about = await aboutServer(await installation.database())
    return [versionFound(about.version), setFound(about), clockFound(about, installation.now())]
  },
}

/** The oldest that our tests run on. */
const oldest = 6

export function versionFound(version: string): Found {
  const major = Number(version.split('.')[0])
  if (Number.isNaN(major)) return unknown('version', `it says ${version}, which cannot be read`)
  return major >= oldest
    ? right('version', version)
    : wrong('version', `${version} is older than ${oldest}.0, on which Curfew was tried`, 'Upgrade MongoDB.')
}

export function setFound({ setName, isRouter, members, arbiters }: AboutServer): Found {
  if (isRouter)
    return wrong('replica set', 'it is a router of a sharded cluster, whose clocks are several', single)
  if (setName === null)
    return wrong('replica set', 'it is none: nothing of many parts can be written as one there', initiate)
  const beside = arbiters === 0 ? '' : `, arbiters: ${arbiters}`
  return right('replica set', `${setName}, members with data: ${members}${beside}`)
}

const initiate =
  'Start mongod with --replSet rs0, run rs.initiate() once, and add ?replicaSet=rs0 to MONGODB_URI.'
const single = 'Name a replica set in MONGODB_URI.'

/** More than a slow network explains, and far less than Slack forgives (5 min). */
const mostOffMs = 30_000

export function clockFound({ localTime, roundTripMs }: AboutServer, ours: Date): Found {
  // Its time is of some moment of the round trip, and ours of the end.
  const offMs = localTime.getTime() - ours.getTime()
  const seconds = Math.round(Math.abs(offMs) / 1_000)
  if (Math.abs(offMs) - roundTripMs <= mostOffMs)
    return right('clock', `within ${Math.max(1, seconds)} s of ours`)
  return wrong('clock', `${seconds} s ${offMs > 0 ? 'ahead of' : 'behind'} this machine's`, setClocks)
}

const setClocks =
  'Have both machines take the time by NTP. What ends, ends by MongoDB’s clock; Slack’s requests are judged by ours.'

/** Whether what is written there is confirmed by a majority, which every write of Curfew waits for. */
export const majorityCheck: Check = {
  area,
  about: 'write concern',
  withinMs,
  ask: async (installation) => {
    const connection = await installation.database()
    const { setName } = await aboutServer(connection)
    if (setName === null)
      return [unknown('write concern', 'there is no replica set whose majority could be asked')]
    const isThere = await isMajorityThere(connection, majorityWithinMs)
    if (isThere === null) return [unknown('write concern', 'it does not say what its majority has')]
    if (isThere) return [right('write concern', 'a majority confirms what is written')]
    return [
      wrong(
        'write concern',
        `no majority confirmed the latest write within ${majorityWithinMs / 1_000} s`,
        members,
      ),
    ]
  },
}

const majorityWithinMs = 5_000
const members =
  'Look at rs.status(): a majority of the members that hold data must run and keep up. An arbiter holds none.'

/** Whether our login may read and write our database. */
export const rightsCheck: Check = {
  area,
  about: 'login',
  withinMs,
  ask: async (installation) => {
    const connection = await installation.database()
    const missing = await missingRights(connection)
    if (missing === null) return [right('login', 'none is asked for: whoever reaches it may do everything')]
    if (missing.length === 0) return [right('login', `may read and write ${connection.name}`)]
    const grant = `Give the login of MONGODB_URI the role readWrite on ${connection.name}.`
    return [wrong('login', `may not ${missing.join(', ')} in ${connection.name}`, grant)]
  },
}

/** Whether the indexes are there without which Curfew is slow, or lets two be where one may. */
export const indexesCheck: Check = {
  area,
  about: 'indexes',
  withinMs: 30_000,
  ask: async (installation) => {
    const { isEmpty, lacking } = await lackingIndexes(await installation.database())
    if (isEmpty) return [right('indexes', 'a new database: curfew start makes them')]
    if (lacking.length === 0) return [right('indexes', 'all are there')]
    return lacking.map((index) => wrong('indexes', `one is missing, of ${index}`, makeThem))
  },
}

const makeThem =
  'Start Curfew anew: it makes what is missing. If it stays away, the log says why: entries that are there twice, or another index of its name.'
