import type { Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../../domain/person-ref.ts'
import type { DeviceCodeStore } from '../../domain/ports/device-codes.ts'
import { codeMaker } from './enrolment-codes.ts'
import { mongoOneTimeCodes } from './one-time-codes.ts'

const made = z.object({ person: personRef, by: codeMaker })

export const mongoDeviceCodes = (connection: Connection): DeviceCodeStore =>
  mongoOneTimeCodes(connection, { collection: 'device_codes', schema: made })
