import { z } from 'zod'
import { grantSchema } from '../domain/grant.ts'
import { personRef } from '../domain/person-ref.ts'
import type { CutRow, FitRow, HeldRow, LatestRow, StandingRow } from '../domain/ports/grants.ts'

/** What is read of a grant where many are read: the fields asked for, and each row as it is parsed. */

export const anyStatus = z.enum(grantSchema.options.map((option) => option.shape.status.value))

export const idAndName = z.object({ id: z.string(), name: z.string() })

export const revisionRow = z.object({ _id: z.string(), revision: z.number() })

export const pendingRow = revisionRow.extend({ unshown: z.boolean() })

export const dueRow = z.object({
  _id: z.string(),
  status: anyStatus,
  system: z.string(),
  dueAt: z.date(),
  endsAt: z.date().nullable().default(null),
})

export const standingFields = {
  status: 1,
  'subject.id': 1,
  'resource.id': 1,
  'entitlement.id': 1,
  'place.principal': 1,
  canonical: 1,
} as const

export const standingRow = z
  .object({
    _id: z.string(),
    status: anyStatus,
    subject: z.object({ id: z.string() }),
    resource: z.object({ id: z.string() }),
    entitlement: z.object({ id: z.string() }),
    place: z.object({ principal: z.string() }),
    canonical: z.string(),
  })
  .transform(({ _id, status, subject, resource, entitlement, place, canonical }): StandingRow => ({
    id: _id,
    status,
    subjectId: subject.id,
    resource: resource.id,
    entitlement: entitlement.id,
    principal: place.principal,
    canonical,
  }))

export const failedRow = z
  .object({ subject: z.object({ name: z.string() }), endedAt: z.date(), endNote: z.string().nullable() })
  .transform(({ subject, endedAt, endNote }) => ({ name: subject.name, endedAt, why: endNote ?? '' }))

export const heldStatuses = ['waiting', 'recurring', 'granting', 'active'] as const

export const heldFields = {
  status: 1,
  subject: 1,
  resource: 1,
  entitlement: 1,
  system: 1,
  place: 1,
  durationMs: 1,
  endsAt: 1,
  'extensions.outcome': 1,
  'extensions.addMs': 1,
  reason: 1,
  isStanding: 1,
  isSession: 1,
  isBreakGlass: 1,
  auto: 1,
  window: 1,
  device: 1,
  'posture.rule': 1,
  opensAt: 1,
  next: 1,
  giveAt: 1,
} as const

/** All of them are in the index `asked_latest`. */
export const latestFields = {
  _id: 0,
  requestedAt: 1,
  'resource.id': 1,
  'entitlement.id': 1,
  status: 1,
} as const

export const latestRow = z
  .object({
    resource: z.object({ id: z.string() }),
    entitlement: z.object({ id: z.string() }),
    requestedAt: z.date(),
    status: anyStatus,
  })
  .transform(({ resource, entitlement, requestedAt, status }): LatestRow => ({
    resource: resource.id,
    entitlement: entitlement.id,
    requestedAt,
    status,
  }))

const [asked] = grantSchema.options
const { place } = grantSchema.options[4].shape

export const cutFields = {
  subject: 1,
  resource: 1,
  entitlement: 1,
  device: 1,
  endsAt: 1,
  endedAt: 1,
} as const

export const cutRow = z
  .object({
    _id: z.string(),
    subject: personRef,
    resource: idAndName,
    entitlement: idAndName,
    device: asked.shape.device,
    endsAt: z.date(),
    endedAt: z.date(),
  })
  .transform(({ _id: id, ...row }): CutRow => ({ ...row, id }))

export const fitFields = {
  'subject.id': 1,
  resource: 1,
  entitlement: 1,
  'device.id': 1,
  endsAt: 1,
} as const

export const fitRow = z
  .object({
    subject: z.object({ id: z.string() }),
    resource: idAndName,
    entitlement: idAndName,
    device: z.object({ id: z.string() }).nullish(),
    endsAt: z.date(),
  })
  .transform(({ subject, device, ...row }): FitRow => ({
    ...row,
    subjectId: subject.id,
    deviceId: device?.id ?? null,
  }))

export const heldRow = z
  .object({
    _id: z.string(),
    status: z.enum(heldStatuses),
    subject: personRef,
    resource: idAndName,
    entitlement: idAndName,
    system: z.string(),
    place,
    durationMs: z.number(),
    endsAt: z.date(),
    extensions: z.array(z.object({ outcome: z.string(), addMs: z.number() })).default([]),
    reason: z.string(),
    isStanding: asked.shape.isStanding,
    isSession: asked.shape.isSession,
    isBreakGlass: asked.shape.isBreakGlass,
    auto: asked.shape.auto,
    window: asked.shape.window,
    device: asked.shape.device,
    posture: z.object({ rule: z.string() }).nullable().default(null),
    opensAt: z.date().nullish(),
    next: z.object({ opensAt: z.date() }).nullish(),
    giveAt: z.date().nullish(),
  })
  .transform(({ _id: id, opensAt, next, giveAt, window, ...row }): HeldRow => ({
    ...row,
    id,
    // A series is fitted into the catalog's windows as a whole, as each of its windows is.
    window: row.status === 'recurring' ? { seriesId: id, index: 0 } : window,
    opensAt: opensAt ?? next?.opensAt ?? (row.status === 'granting' ? (giveAt ?? null) : null),
  }))
