import { Hono } from 'hono'
import { html } from 'hono/html'
import type { Shown } from '../domain/connector.ts'
import type { Active } from '../domain/grant.ts'
import { isRefusal, type Refusal } from '../domain/refusal.ts'
import { lookAtTicket, showByTicket } from '../operations/hand-over.ts'
import type { World } from '../operations/world.ts'
import { instant, page, sentence, type Html } from './page.ts'
import { formOf } from './read-form.ts'

/** `/show/<ticket>`: what giving made for its holder, shown once, where Slack does not see it. Used up by POST alone. */
export function showPages(world: World): Hono {
  const app = new Hono()
  app.get('/:ticket', async (context) => {
    const grant = await lookAtTicket(world, context.req.param('ticket'))
    return isRefusal(grant)
      ? context.html(refusedPage(grant), 410)
      : context.html(askPage(world, grant, null))
  })
  app.post('/:ticket', async (context) => {
    const ticket = context.req.param('ticket')
    const form = await formOf(context)
    const made = await showByTicket(world, { ticket, brought: form('brought') || null })
    if (!isRefusal(made)) return context.html(shownPage(made.shown))
    const { grant } = made
    const isToTryAgain = made.refused === 'not-made' && grant?.status === 'active'
    return isToTryAgain
      ? context.html(askPage(world, grant, wordsFor(made)), 422)
      : context.html(refusedPage(made), 410)
  })
  return app
}

/** Names in full what a click does, and for whom. */
function askPage({ systems }: World, grant: Active, wrong: string | null): Html {
  const { secret, entitlement, resource, subject } = grant
  const brings = systems(grant.system)?.connector.handOver?.brings ?? null
  const what = secret?.what ?? 'secret'
  return page(`Show the ${what}`, [
    html`<p>
        For <b>${subject.name}</b>: <b>${entitlement.name}</b> on <b>${resource.name}</b>, until
        ${instant(grant.endsAt)}.
      </p>
      <p>
        It is shown once. Looking again, by the button in Slack, makes another, and this one stops working.
      </p>`,
    ...(wrong === null ? [] : [html`<p class="wrong">${wrong}</p>`]),
    html`<form method="post">
      ${
        brings === null
          ? ''
          : html`<label
                >${brings.label}<br /><textarea
                  name="brought"
                  required
                  maxlength="10000"
                  aria-describedby="hint"
                ></textarea>
              </label>
              <p id="hint">${brings.hint}</p>`
      }<button>Show the ${what}</button>
    </form>`,
  ])
}

const shownPage = (shown: readonly Shown[]): Html =>
  page('Shown once', [
    sentence('Save it now, and close this page: it is not shown again.'),
    ...shown.map(
      ({ label, text, file }) =>
        html`<h2>${label}</h2>
          ${file === undefined ? '' : html`<p>Save it as <b>${file}</b>.</p>`}
          <pre>${text}</pre>`,
    ),
  ])

const refusedPage = (refusal: Refusal): Html => page('Not shown', sentence(wordsFor(refusal)))

function wordsFor({ refused, reasons }: Refusal): string {
  switch (refused) {
    case 'bad-ticket':
      return 'This link is used or too old. Press the button in Slack again for a new one. If it was used and not by you, do so at once: what was shown stops working.'
    case 'not-held':
    case 'not-found':
      return 'This is not held any more.'
    case 'not-made':
      return `Nothing was made: ${reasons.join('; ')}.`
    default:
      return `It could not be made now${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}. Please try again in a minute.`
  }
}
