import fc from 'fast-check'
import { startScim, type TestScim } from '../../support/scim-server.ts'

let scim: TestScim
beforeAll(async () => {
  scim = await startScim()
})
afterAll(() => scim.close())

const people = 5
const groups = 2
const person = fc.nat(people - 1)
const group = fc.nat(groups - 1)
const some = fc.uniqueArray(person, { minLength: 1 })

type Write =
  | { kind: 'add' | 'remove' | 'removeFiltered' | 'replace' | 'put'; group: number; people: number[] }
  | { kind: 'empty' | 'remake'; group: number; people: number[] }
  | { kind: 'rehire' | 'deactivate' | 'activate'; person: number }

const write: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('add', 'remove', 'removeFiltered', 'replace', 'put'),
      group,
      people: some,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('empty', 'remake'),
      group,
      people: fc.constant<number[]>([]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('rehire', 'deactivate', 'activate'), person }) },
)

/** Who is in which group, by plain reasoning. */
type Model = Set<number>[]

function inModel(model: Model, write: Write): void {
  if ('person' in write) {
    // Made anew: inherits nothing.
    if (write.kind === 'rehire') for (const members of model) members.delete(write.person)
    return
  }
  const members = model[write.group]!
  if (write.kind === 'add') for (const one of write.people) members.add(one)
  else if (write.kind === 'remove' || write.kind === 'removeFiltered')
    for (const one of write.people) members.delete(one)
  else model[write.group] = new Set(write.people)
}

class Directory {
  readonly users: string[] = []
  readonly groups: string[] = []
  readonly #run: string
  #made = 0

  constructor(run: string) {
    this.#run = run
  }

  async fill(): Promise<void> {
    for (let i = 0; i < people; i++) this.users[i] = await this.#makeUser(i)
    for (let i = 0; i < groups; i++) this.groups[i] = await this.#makeGroup(i)
  }

  async members(index: number): Promise<number[]> {
    const { json } = await scim.ask('GET', `/Groups/${this.groups[index]}`)
    return (json.members ?? []).map(({ value }) => this.users.indexOf(value)).sort()
  }

  /** As one operation of a PATCH, where it is one. */
  operation(write: Write): object | null {
    if ('person' in write) return null
    const value = write.people.map((one) => ({ value: this.users[one] }))
    const path = 'members'
    if (write.kind === 'add' || write.kind === 'remove' || write.kind === 'replace')
      return { op: write.kind, path, value }
    if (write.kind === 'empty') return { op: 'Remove', path }
    if (write.kind !== 'removeFiltered') return null
    return { op: 'remove', path: `members[${value.map((one) => `value eq "${one.value}"`).join(' or ')}]` }
  }

  async send(write: Write): Promise<void> {
    const operation = this.operation(write)
    if (operation !== null && 'group' in write) return this.patch(write.group, [operation])
    if ('person' in write) {
      const path = `/Users/${this.users[write.person]}`
      if (write.kind !== 'rehire') {
        const value = { active: write.kind === 'activate' }
        expectDone(await scim.ask('PATCH', path, { Operations: [{ op: 'replace', value }] }))
        return
      }
      expectDone(await scim.ask('DELETE', path))
      this.users[write.person] = await this.#makeUser(write.person)
      return
    }
    const path = `/Groups/${this.groups[write.group]}`
    if (write.kind === 'put') {
      const members = write.people.map((one) => ({ value: this.users[one] }))
      expectDone(await scim.ask('PUT', path, { displayName: `g-${this.#run}-${write.group}`, members }))
      return
    }
    expectDone(await scim.ask('DELETE', path))
    this.groups[write.group] = await this.#makeGroup(write.group)
  }

  async patch(index: number, Operations: object[]): Promise<void> {
    expectDone(await scim.ask('PATCH', `/Groups/${this.groups[index]}`, { Operations }))
  }

  async #makeUser(i: number): Promise<string> {
    const answer = await scim.ask('POST', '/Users', {
      userName: `u${i}-${this.#run}`,
      externalId: `x-${this.#run}-${this.#made++}`,
    })
    expectDone(answer)
    return answer.json.id
  }

  async #makeGroup(i: number): Promise<string> {
    const answer = await scim.ask('POST', '/Groups', { displayName: `g-${this.#run}-${i}` })
    expectDone(answer)
    return answer.json.id
  }
}

const expectDone = ({ status, text }: { status: number; text: string }) => {
  if (status >= 300) throw new Error(`${status} ${text}`)
}

let runs = 0
const aDirectory = async (): Promise<Directory> => {
  const directory = new Directory(`r${runs++}`)
  await directory.fill()
  return directory
}
const expectModel = async (directory: Directory, model: Model) => {
  for (const [i, members] of model.entries()) expect(await directory.members(i)).toEqual([...members].sort())
}
const emptyModel = (): Model => Array.from({ length: groups }, () => new Set<number>())

test('whatever is written, in one request or in many, leaves the members that plain reasoning has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(write, fc.boolean()), { maxLength: 14 }), async (writes) => {
      const directory = await aDirectory()
      const model = emptyModel()
      let together: { index: number; operations: object[] } | null = null
      const flush = async () => {
        if (together !== null) await directory.patch(together.index, together.operations)
        together = null
      }
      for (const [one, isWithBefore] of writes) {
        inModel(model, one)
        const operation = directory.operation(one)
        if (operation === null || !('group' in one)) {
          await flush()
          await directory.send(one)
          continue
        }
        if (together === null || !isWithBefore || together.index !== one.group) {
          await flush()
          together = { index: one.group, operations: [] }
        }
        together.operations.push(operation)
      }
      await flush()
      await expectModel(directory, model)
    }),
    { numRuns: 60 },
  )
}, 60_000)

test('adds, removes, renames and deactivations at the same time, of different people, all stay', async () => {
  const act = fc.constantFrom('add', 'remove', 'rename', 'deactivate', 'rehire')
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: people, maxLength: people }),
      fc.uniqueArray(person),
      async (acts, before) => {
        const directory = await aDirectory()
        const model = emptyModel()
        if (before.length > 0) await directory.send({ kind: 'add', group: 0, people: before })
        for (const one of before) model[0]!.add(one)
        const writes = acts.map((what, one): Write | null => {
          if (what === 'rename') return null
          if (what === 'deactivate' || what === 'rehire') return { kind: what, person: one }
          return { kind: what === 'add' ? 'add' : 'remove', group: 0, people: [one] }
        })
        await Promise.all(
          writes.map((one, i) =>
            one === null
              ? directory.patch(0, [{ op: 'replace', value: { displayName: `renamed-${runs}-${i}` } }])
              : directory.send(one),
          ),
        )
        for (const one of writes) if (one !== null) inModel(model, one)
        await expectModel(directory, model)
      },
    ),
    { numRuns: 40 },
  )
}, 60_000)

test('two who each say at once who all the members are: one of the two lists is left', async () => {
  const directory = await aDirectory()
  for (let i = 0; i < 10; i++) {
    await directory.send({ kind: 'empty', group: 0, people: [] })
    await Promise.all([
      directory.send({ kind: 'replace', group: 0, people: [0, 1] }),
      directory.send({ kind: 'put', group: 0, people: [2, 3] }),
    ])
    expect([
      [0, 1],
      [2, 3],
    ]).toContainEqual(await directory.members(0))
  }
})

test('whoever is deleted while they are added to a group is in none', async () => {
  for (let i = 0; i < 30; i++) {
    const directory = await aDirectory()
    const [user, other] = directory.users
    const value = i % 2 === 0 ? [{ value: user }] : [{ value: user }, { value: other }]
    const [added] = await Promise.all([
      scim.ask('PATCH', `/Groups/${directory.groups[0]}`, {
        Operations: [{ op: 'add', path: 'members', value }],
      }),
      scim.ask('DELETE', `/Users/${user}`),
    ])
    expect([204, 400]).toContain(added.status)
    expect(await directory.members(0)).toEqual(i % 2 === 0 ? [] : [1])
  }
})
