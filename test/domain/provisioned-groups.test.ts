import { namesOfGroups } from '../../src/domain/provisioned-groups.ts'
import type { ProvisionedGroup } from '../../src/domain/ports/provisioning.ts'
import { at } from '../support/builders.ts'

/** Made in the order of their ids. */
const group = (
  id: string,
  source: string,
  displayName: string,
  more: { isDeleted?: boolean; names?: ProvisionedGroup['names'] } = {},
): ProvisionedGroup => ({
  id,
  source,
  displayName,
  names: [],
  createdAt: at(Number(id)),
  isDeleted: false,
  ...more,
})
const had = (...those: [name: string, since: number][]): ProvisionedGroup['names'] =>
  those.map(([name, since]) => ({ name, since: at(since) }))
const names = (...groups: ProvisionedGroup[]) => Object.fromEntries(namesOfGroups(groups))

test('a group is called by its name, and by its source and its name', () => {
  expect(names(group('1', 'okta', 'engineering'))).toEqual({ 1: ['engineering', 'okta/engineering'] })
})

test('where two sources have a group of one name, neither is called by the name alone', () => {
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', 'admins'))).toEqual({
    1: ['okta/admins'],
    2: ['agency/admins'],
  })
})

test('what another source made later and deleted takes no name from whose it was', () => {
  const deleted = { isDeleted: true }
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', 'admins', deleted))).toEqual({
    1: ['admins', 'okta/admins'],
    2: ['agency/admins'],
  })
  expect(names(group('1', 'okta', 'admins', deleted))).toEqual({ 1: ['admins', 'okta/admins'] })
})

test('a name that a source gave up, by deleting or by another name, is nobody else’s', () => {
  const agency = group('2', 'agency', 'admins')
  expect(names(group('1', 'okta', 'admins', { isDeleted: true }), agency)['2']).toEqual(['agency/admins'])
  const renamed = group('1', 'okta', 'platform', { names: had(['admins', 1], ['platform', 3]) })
  expect(names(renamed, agency)).toEqual({ 1: ['platform', 'okta/platform'], 2: ['agency/admins'] })
})

test('no source has a group that passes for one of Slack, or for one of another source', () => {
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', '@dba'))['2']).toEqual(['agency/@dba'])
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', 'okta/admins'))['2']).toEqual([
    'agency/okta/admins',
  ])
  expect(names(group('1', 'okta', 'eu/admins'))['1']).toEqual(['eu/admins', 'okta/eu/admins'])
})

// The agency's group is the older one, by another name; it takes the name that okta gave up, and all that it opens.
test('a name that a source gave up is not to be had by renaming a group that is older', () => {
  const older = group('1', 'agency', 'admins', { names: had(['staff', 1], ['admins', 4]) })
  const renamed = group('2', 'okta', 'platform', { names: had(['admins', 2], ['platform', 3]) })
  expect(names(older, renamed)['1']).toEqual(['agency/admins'])
  expect(names(older, group('2', 'okta', 'admins', { isDeleted: true }))['1']).toEqual(['agency/admins'])
})
