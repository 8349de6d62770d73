import { unlistedGroups } from '../../../src/operations/by-itself/unlisted-groups.ts'
import type { PersonRef } from '../../../src/domain/person.ts'
import { memoryDirectory } from '../../support/memory-directory.ts'
import { catalog } from '../../simulation/catalog.ts'

const handle = '@keepers'

/** Where groups of sources called so are looked up, and what they are. */
function aDirectory(groupsCalled: (groups: Record<string, readonly PersonRef[]>) => readonly string[]) {
  const groups: Record<string, readonly PersonRef[]> = {}
  const directory = memoryDirectory({ people: [], groups, channels: {} })
  return { ...directory, groupsCalled: () => Promise.resolve(groupsCalled(groups)) }
}

test('a group that only a source’s own name tells from another is not listed, and is said to be called so', async () => {
  const directory = aDirectory(() => [`okta/${handle}`])
  const unlisted = await unlistedGroups({ catalog: () => catalog, directory })
  expect(unlisted).toMatchObject([{ handle, alike: [`okta/${handle}`] }])
})

// An admin was alarmed that the name is to be written with its source, of a group that had just come.
test('a group that its directory writes while it is looked for is listed', async () => {
  const directory = aDirectory((groups) => {
    groups[handle] = []
    return [`okta/${handle}`]
  })
  expect(await unlistedGroups({ catalog: () => catalog, directory })).toEqual([])
})
