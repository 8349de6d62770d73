import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** In seconds. Of what should happen at an instant: from hardly late to half an hour. */
const late = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800]
const calls = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** From a click that was waited for to three days. */
const waits = [10, 30, 60, 300, 900, 1_800, 3_600, 14_400, 28_800, 86_400, 259_200]

/**
 * Every metric of ours; docs/metrics.md says them once more, and a test that it says all. A label has values of a list in
 * our code, of the kinds of connectors, or of the methods that our code calls: never a name, an id or a principal.
 */
export const metricsIn = (registry: Registry) => {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers })
  const histogram = <L extends string>(
    name: string,
    { help, buckets }: { help: string; buckets: number[] },
    ...labelNames: L[]
  ) => new Histogram({ name, help, buckets, labelNames, registers })

  return {
    // What happened to grants, by writes of this replica.
    events: counter('curfew_grant_events_total', 'What happened to grants.', 'event'),
    requests: counter('curfew_requests_total', 'What people asked for.', 'kind'),
    answerWait: histogram(
      'curfew_answer_wait_seconds',
      { help: 'From a request to its answer.', buckets: waits },
      'answer',
    ),
    openingCall: histogram(
      'curfew_opening_call_lateness_seconds',
      { help: 'From the instant of an opening to its first call.', buckets: late },
      'planned',
    ),
    opening: histogram(
      'curfew_opening_lateness_seconds',
      { help: 'From the instant of an opening until it was given.', buckets: late },
      'planned',
    ),
    endCall: histogram(
      'curfew_end_call_lateness_seconds',
      { help: 'From the instant of an end to its first call.', buckets: late },
      'cause',
    ),
    end: histogram(
      'curfew_end_lateness_seconds',
      { help: 'From the instant of an end until it was read back as gone.', buckets: late },
      'cause',
    ),

    // What MongoDB knows, of all replicas.
    grants: gauge('curfew_grants', 'Grants by status; over: those of which all is done.', 'status'),
    owed: gauge('curfew_debts', 'Calls that systems are owed now.', 'owed'),
    oldestOwed: gauge('curfew_oldest_debt_seconds', 'How long the oldest of them is owed.', 'owed'),
    late: gauge('curfew_late_debts', 'Debts that were said aloud and are not settled.'),
    oldestPending: gauge('curfew_oldest_request_seconds', 'How long the oldest request has waited.'),
    oldestDue: gauge('curfew_oldest_due_seconds', 'How long something is due that nobody looked at.'),
    unshown: gauge('curfew_unshown_grants', 'Grants that Slack does not show as they are.'),
    jobAge: gauge('curfew_job_age_seconds', 'Since any replica last ran this job through.', 'name'),
    recordEntries: gauge('curfew_record_entries', 'The number of the last entry of the record.'),
    recordWaiting: gauge('curfew_record_waiting', 'What happened and is not in the record yet.'),
    recordUnsent: gauge(
      'curfew_record_unsent',
      'Entries that the receiver lacks to which they are forwarded.',
    ),
    database: gauge('curfew_database_answers', '1 while MongoDB answers what is shown here, else 0.'),

    // How this replica is.
    jobOverdue: gauge('curfew_job_overdue_after_seconds', 'At which age a job is overdue.', 'name'),
    jobRuns: counter('curfew_job_runs_total', 'Runs of jobs.', 'name', 'outcome'),
    jobTook: gauge('curfew_job_last_run_seconds', 'How long the last run of a job took.', 'name'),
    clockError: gauge('curfew_clock_error_seconds', "How far our time may be behind the database's."),
    clockSure: gauge('curfew_clock_sure', '1 while the time is known well enough to give by, else 0.'),
    machineClock: gauge(
      'curfew_machine_clock_offset_seconds',
      "How far this machine's clock is ahead of the database's.",
    ),
    slackConnected: gauge('curfew_slack_connected', '1 while Slack can send us what people do, else 0.'),
    slackAnswers: gauge('curfew_slack_answers', '1 while Slack answers what it is asked, else 0.'),
    slackCalls: counter('curfew_slack_calls_total', 'Calls to Slack.', 'method', 'outcome'),
    slackTook: histogram(
      'curfew_slack_call_seconds',
      { help: 'How long calls to Slack took.', buckets: calls },
      'method',
    ),
    slackPauses: counter('curfew_slack_pauses_total', 'How often Slack asked for a pause.', 'method'),
    slackPaused: counter('curfew_slack_paused_seconds_total', 'How long these pauses were.', 'method'),
    connectorCalls: counter('curfew_connector_calls_total', 'Calls to systems.', 'kind', 'action', 'outcome'),
    connectorTook: histogram(
      'curfew_connector_call_seconds',
      { help: 'How long calls to systems took.', buckets: calls },
      'kind',
      'action',
    ),
    systems: gauge('curfew_systems', 'Systems by how they are.', 'kind', 'state'),
  }
}

export type Metrics = ReturnType<typeof metricsIn>
