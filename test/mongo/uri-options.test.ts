import { connect } from '../../src/mongo/connection.ts'
import { uriOf } from '../support/curfew.ts'
import { aDatabase } from '../support/database.ts'
import { afterThis } from '../workspace/support/a-workspace.ts'

async function connectedWith(option: string) {
  const { uri, name, drop } = await aDatabase()
  afterThis(drop)
  const place = uriOf(uri, name)
  const connection = await connect(`${place}${place.includes('?') ? '&' : '?'}${option}`)
  afterThis(() => connection.close())
  return connection
}

test.each([
  '%77=0',
  '%6A=false',
  'readConcernLeve%6c=available',
  'read%50reference=secondaryPreferred',
  'retry%57rites=false',
  'w%54imeoutMS=1',
])('an option that is written as %s weakens nothing', async (option) => {
  const connection = await connectedWith(option)
  const { writeConcern, readConcern, readPreference, retryWrites } = connection.getClient().options
  expect(writeConcern).toMatchObject({ w: 'majority', journal: true })
  expect(writeConcern.wtimeoutMS).toBeUndefined()
  expect({ level: readConcern.level, mode: readPreference.mode, retryWrites }).toEqual({
    level: 'local',
    mode: 'primary',
    retryWrites: true,
  })
})

test.each([
  'promoteLongs=false',
  'promoteValues=false',
  'raw=true',
  'useBigInt64=true',
  'ignoreUndefined=true',
  'bsonRegExp=true',
  'forceServerObjectId=true',
])('with %s what is written can be read', async (option) => {
  const connection = await connectedWith(option)
  await connection.db?.collection('x').insertOne({ n: 1, at: new Date() })
  const doc = await connection.db?.collection('x').findOne({})
  expect(doc?.['n']).toBe(1)
})
