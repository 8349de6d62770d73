import { z } from 'zod'
import {
  ConnectorError,
  type Connector,
  type ConnectorKind,
  type Place,
  type Target,
} from '../../domain/connector.ts'
import { placeAt } from '../http/settings.ts'
import { apiAt, type Api } from './api.ts'
import { bindingOf, bindingSchema, bindingsPath, holdersBy, nameOf, rolePath, whyNobody } from './binding.ts'
import { lacksOf } from './check.ts'
import { Refused, system } from './failure.ts'
import {
  canonical,
  giftOf,
  inWords,
  kubernetesSettings,
  kubernetesTarget,
  type KubernetesSettings,
} from './settings.ts'

const pageSize = 500

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(bindingSchema),
})
/** What was deleted, or that it was. */
const deleted = z.object({ kind: z.enum(['Status', 'RoleBinding', 'ClusterRoleBinding']) })
const named = z.object({ metadata: z.object({ name: z.string() }) })

/**
 * A role of Kubernetes by RBAC: one RoleBinding for each principal and target, or one ClusterRoleBinding where the target
 * is cluster-wide.
 *
 * - Given by server-side apply, so that giving twice changes nothing; taken by deleting that one binding. Bindings of
 *   others are never touched.
 * - What counts as holding is any binding of the same scope that names this subject and this role, whoever made it; not
 *   what comes by a group, nor what is given in all namespaces where the target is of one.
 * - People are not known there: any name can be given a role. Whether the role exists is asked before: whoever may bind
 *   a role may bind it before it is there.
 * - The server gives up before we do (`timeout` of each request), so that nothing happens later there; a request that is
 *   held up on its way to it can (`late`).
 *
 * Source: Kubernetes documentation, "Using RBAC Authorization", "Server-Side Apply"; tried on kube-apiserver 1.34.4.
 */
export const kubernetes: ConnectorKind<KubernetesSettings> = {
  kind: 'kubernetes',
  settings: kubernetesSettings,
  target: kubernetesTarget,
  canonical,
  connect: (settings, surroundings): Connector => {
    const api = apiAt(settings, surroundings)

    async function pageOf(target: Target, after: string | null, signal: AbortSignal) {
      const gift = giftOf(target)
      const { metadata, items } = await api.ask({
        doing: `list who holds ${inWords(gift)}`,
        method: 'GET',
        path: bindingsPath(gift),
        query: { limit: String(pageSize), ...(after === null ? {} : { continue: after }) },
        answer: pageSchema,
        signal,
      })
      const principals = [...new Set(items.flatMap((binding) => holdersBy(binding, gift)))]
      return { principals, next: metadata.continue || null }
    }

    return {
      async give({ principal, target, signal }) {
        const gift = giftOf(target)
        const doing = `give ${inWords(gift)} to ${principal}`
        const refused = (why: string) =>
          new ConnectorError(`${system} could not ${doing}: ${why}`, { retryable: false, happened: 'no' })
        const nobody = whyNobody(principal, gift.subject)
        if (nobody !== null) throw refused(nobody)
        const role = await api.find({
          doing,
          method: 'GET',
          path: rolePath(gift),
          answer: named,
          signal,
        })
        if (role === null) {
          // Where the namespace itself is missing, this says so.
          await apply(api, doing, { principal, target, signal, isRehearsal: true })
          throw refused(`the ${gift.roleKind} ${gift.role} does not exist`)
        }
        try {
          await apply(api, doing, { principal, target, signal })
        } catch (error) {
          // Somebody made another binding of its name, and what a binding gives cannot be changed.
          if (!(error instanceof Refused && error.isAbout('roleRef'))) throw error
          await remove(api, doing, { principal, target, signal })
          await apply(api, doing, { principal, target, signal })
        }
      },

      async take({ principal, target, signal }) {
        await remove(api, `take ${inWords(giftOf(target))} from ${principal}`, { principal, target, signal })
      },

      async has({ principal, target, signal }) {
        const gift = giftOf(target)
        const ours = await api.find({
          doing: `look up ${principal}`,
          method: 'GET',
          path: `${bindingsPath(gift)}/${nameOf(principal, target)}`,
          answer: bindingSchema,
          signal,
        })
        if (ours !== null && holdersBy(ours, gift).includes(principal)) return true
        for (let after: string | null = null; ;) {
          const { principals, next } = await pageOf(target, after, signal)
          if (principals.includes(principal)) return true
          if (next === null) return false
          after = next
        }
      },

      list: ({ target, after, signal }) => pageOf(target, after, signal),
      check: ({ targets, signal }) => lacksOf(api, { targets, signal, rehearse }),
      canonical,
      where: placeAt('kubernetes', new URL(settings.url)),
      hasLagMs: 0,
      lateMs: settings.late,
      close: () => api.close(),
    }

    async function rehearse(target: Target, signal: AbortSignal): Promise<void> {
      const { subject } = giftOf(target)
      const principal = subject === 'ServiceAccount' ? 'default:curfew-rehearsal' : 'curfew:rehearsal'
      await apply(api, 'rehearse a give', { principal, target, signal, isRehearsal: true })
    }
  },
}

interface Applied extends Place {
  readonly signal: AbortSignal
  /** All is done but the writing. */
  readonly isRehearsal?: boolean
}

async function apply(
  api: Api,
  doing: string,
  { principal, target, signal, isRehearsal }: Applied,
): Promise<void> {
  await api.ask({
    doing,
    method: 'PATCH',
    path: `${bindingsPath(giftOf(target))}/${nameOf(principal, target)}`,
    query: { fieldManager: 'curfew', force: 'true', ...(isRehearsal ? { dryRun: 'All' } : {}) },
    body: bindingOf(principal, target),
    answer: bindingSchema,
    signal,
  })
}

/** Deletes our own binding; one that is not there, in a namespace perhaps that is not there, is deleted already. */
async function remove(api: Api, doing: string, { principal, target, signal }: Applied): Promise<void> {
  await api.find({
    doing,
    method: 'DELETE',
    path: `${bindingsPath(giftOf(target))}/${nameOf(principal, target)}`,
    answer: deleted,
    signal,
  })
}
