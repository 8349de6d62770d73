import { everyEntitlement, isForDevice, perCatalog } from '../catalog.ts'
import type { FitRule } from './rules.ts'

/** The rules by which something of the catalog asks for a fit device, each once. */
export const fitRulesOf = perCatalog((catalog): readonly FitRule[] => [
  ...new Map(
    everyEntitlement(catalog).flatMap(({ device }) => (device ? [[device.id, device] as const] : [])),
  ).values(),
])

/** Does anything that is cut by a device go on by itself once that is fit again? */
export const anyResumes = perCatalog((catalog): boolean => fitRulesOf(catalog).some(({ resumes }) => resumes))

/** Is anything given to a device and not to a person? */
export const anyIsForDevice = perCatalog((catalog): boolean =>
  everyEntitlement(catalog).some((entitlement) => isForDevice(catalog, entitlement)),
)
