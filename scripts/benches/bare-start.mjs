import { MongoBackend } from '@agendajs/mongo-backend'
import { App, LogLevel } from '@slack/bolt'
import { Agenda } from 'agenda'
import mongoose from 'mongoose'
import winston from 'winston'
import { z } from 'zod'

/**
 * What starting and idling Curfew is compared with: the same libraries, connected and started, and nothing that listens.
 * JavaScript, as the built app is: nothing is compiled while it starts.
 */
const environment = z.object({
  SLACK_BOT_TOKEN: z.string(),
  SLACK_APP_TOKEN: z.string(),
  SLACK_API_URL: z.string(),
  MONGODB_URI: z.string(),
})

const {
  SLACK_BOT_TOKEN: token,
  SLACK_APP_TOKEN: appToken,
  SLACK_API_URL: slackApiUrl,
  MONGODB_URI: mongodbUri,
} = environment.parse(process.env)
const log = winston.createLogger({
  level: 'info',
  format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
  transports: [new winston.transports.Console()],
})
const connection = await mongoose.createConnection(mongodbUri).asPromise()
const agenda = new Agenda({ backend: new MongoBackend({ mongo: connection.db }) })
await agenda.start()
const app = new App({
  token,
  appToken,
  socketMode: true,
  clientOptions: { slackApiUrl },
  logLevel: LogLevel.ERROR,
})
await app.start()
log.info('the bare app is running')
