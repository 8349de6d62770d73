import type { Act, ActType } from '../../domain/audit/act.ts'
import type { Device } from '../../domain/devices/device.ts'

/** What is done about a device, for the record. */
export const deviceAct = (
  type: ActType,
  { id, name }: Pick<Device, 'id' | 'name'>,
  { by, details = {} }: Pick<Act, 'by'> & Partial<Pick<Act, 'details'>>,
): Act => ({ type, by, about: { kind: 'device', id, name: name === '' ? id : name }, details })
