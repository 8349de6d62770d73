import type { Person } from '../workspace/people/person.ts'
import { patient } from './acts.ts'

/** The link behind this button of the modal on top. */
export async function linkBehind(person: Person, button: string): Promise<string> {
  const { view } = await person.modal(button, patient)
  const found = JSON.stringify(view)
  const [, link = ''] = new RegExp(`"text":"${button}"[^]*?"url":"([^"]+)"`).exec(found) ?? []
  return link
}
