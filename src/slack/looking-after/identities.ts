import type { Doubt, IdentityQuestion } from '../../domain/ports/identities.ts'
import { answerIdentity, identityAdmins } from '../../operations/answer-identity.ts'
import { answerClick, answerTo } from '../replies/answer-click.ts'
import type { Alert } from '../publish/picture.ts'
import type { Parts } from '../parts.ts'
import { parseClick } from '../wire/payloads.ts'
import { button, buttonRow, section, type Message } from '../words/blocks.ts'
import { mention, plainWords } from '../words/mrkdwn.ts'
import { named } from '../words/who.ts'
import { alertsByKey } from './alerts-by-key.ts'
import { placesTold } from './who-is-told.ts'

/** Whether two identities are one person: asked of the admins, in their channel or by DM, until one of them answers. */

const prefix = 'identity:'
const sameId = 'identity_same'
const twoId = 'identity_two'
const answers = {
  [sameId]: { answer: 'same', label: 'It is the same person' },
  [twoId]: { answer: 'two', label: 'They are two' },
} as const

export async function pictureIdentities(parts: Parts): Promise<Alert[]> {
  const { world, directory } = parts
  const asked = await world.identities.open()
  const questions = asked.filter(isPlain)
  const { channel } = world.catalog().people
  // Whom it is about is not asked.
  const { places, isWhole } = await placesTold(directory, channel, () =>
    questions.length > 0 ? identityAdmins(world.catalog()) : [],
  )
  const isAbout = (place: string, { until, slackUserId }: IdentityQuestion): boolean =>
    place === slackUserId || until.includes(place)
  const waiting = questions.flatMap((question) =>
    places
      .filter((place) => !isAbout(place, question))
      .map((place) => ({
        key: `${prefix}${question.id}:${place}`,
        channel: place,
        draw: () => Promise.resolve(questionMessage(question)),
      })),
  )
  return alertsByKey(parts, prefix, waiting, async (key) => {
    const at = key.lastIndexOf(':')
    const [id, place] = [key.slice(prefix.length, at), key.slice(at + 1)]
    const question = asked.find((one) => one.id === id)
    // Another version knows what it asks.
    if (question?.why === null) return null
    // Slack does not say who is asked.
    if (question !== undefined && !isWhole && !isAbout(place, question)) return null
    return question === undefined ? settledMessage(await world.identities.said(id)) : elsewhereMessage
  })
}

type PlainQuestion = IdentityQuestion & { readonly why: Doubt }

const isPlain = (question: IdentityQuestion): question is PlainQuestion => question.why !== null

export function questionMessage(question: PlainQuestion): Message {
  const { id, source, slackUserId } = question
  const called = plainWords(question.email, 100)
  const value = id
  return {
    text: `${source} says something of ${called} that an admin must confirm`,
    blocks: [
      section(`:bust_in_silhouette: ${wordsFor(question)}`),
      ...buttonRow([
        button(
          sameId,
          answers[sameId].label,
          value,
          `${slackUserId} and the one in ${source} are one person`,
        ),
        button(twoId, answers[twoId].label, value, `${slackUserId} and the one in ${source} are two people`),
      ]),
    ],
  }
}

function wordsFor(question: PlainQuestion): string {
  const { why, until, instead } = question
  const source = plainWords(question.source, 60)
  const email = plainWords(question.email, 100)
  const user = `*${plainWords(question.userName, 100)}*`
  const person = mention(question.slackUserId)
  switch (why) {
    case 'of-another-person':
      return `${source} says that ${email} (${user}) is now ${person}, until today it was ${until.map(mention).join(', ') || 'somebody else'}. Until somebody decides, neither holds anything new.`
    case 'another-user':
      return `${source} has another record of ${email}, ${user}; until now ${person} was ${instead.map((name) => `*${plainWords(name, 100)}*`).join(', ') || 'another one'} there. Is it still ${person}? Until somebody decides, they hold nothing new.`
    case 'used-email':
      return `In ${source} the address ${email} was somebody else's before, or several have it. Is ${user} there ${person}? Until somebody decides, they hold nothing new.`
  }
}

function settledMessage(said: Awaited<ReturnType<Parts['world']['identities']['said']>>): Message {
  const words =
    said === null
      ? 'Settled: nobody needs to answer this any more.'
      : `${named(said.by)} answered: ${said.answer === 'same' ? 'it is the same person' : 'they are two'}.`
  return { text: words, blocks: [section(words)] }
}

const elsewhereMessage: Message = {
  text: 'This is asked elsewhere now.',
  blocks: [section('This is asked elsewhere now.')],
}

export function listenToIdentities(parts: Parts): void {
  const { app, world, held } = parts
  for (const actionId of [sameId, twoId] as const) {
    app.action(actionId, async ({ ack, body, respond }) => {
      await ack()
      const click = parseClick(body)
      const { answer } = answers[actionId]
      const isDone = await answerClick(parts, answerTo(parts, click, respond), (by) =>
        answerIdentity(world, { by, id: click.value, answer }),
      )
      if (isDone) held.soon()
    })
  }
}
