import type { Connection } from 'mongoose'
import { z } from 'zod'
import { personRef } from '../../domain/person-ref.ts'
import type { EnrolmentCodeStore } from '../../domain/ports/enrolment-codes.ts'
import { mongoOneTimeCodes } from './one-time-codes.ts'

export const codeMaker = z.union([personRef, z.object({ operator: z.string() })])

export const mongoEnrolmentCodes = (connection: Connection): EnrolmentCodeStore =>
  mongoOneTimeCodes(connection, { collection: 'enrolment_codes', schema: codeMaker })
