import { namesOfGroups } from '../../src/domain/provisioned-groups.ts'
import type { ProvisionedGroup } from '../../src/domain/ports/provisioning.ts'

const group = (id: string, source: string, displayName: string, isDeleted = false): ProvisionedGroup => ({
  id,
  source,
  displayName,
  isDeleted,
})
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

test('what a source deleted takes no name from another, and is known by its own', () => {
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', 'admins', true))).toEqual({
    1: ['admins', 'okta/admins'],
    2: ['agency/admins'],
  })
  expect(names(group('1', 'okta', 'admins', true))).toEqual({ 1: ['admins', 'okta/admins'] })
})

test('no source has a group that passes for one of Slack, or for one of another source', () => {
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', '@dba'))['2']).toEqual(['agency/@dba'])
  expect(names(group('1', 'okta', 'admins'), group('2', 'agency', 'okta/admins'))['2']).toEqual([
    'agency/okta/admins',
  ])
  expect(names(group('1', 'okta', 'eu/admins'))['1']).toEqual(['eu/admins', 'okta/eu/admins'])
})
