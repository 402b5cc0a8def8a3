export type MetricType = 'counter' | 'gauge';

/** What /metrics and docs/reference/metrics.md say of one metric. */
export interface MetricDefinition {
  readonly type: MetricType;
  /** A sentence for the HELP line. */
  readonly help: string;
  /** The unit of the value, in words; the base units of Prometheus (seconds, bytes). */
  readonly unit: string;
  /** The labels every sample of it carries. Values come from closed sets: no series per station. */
  readonly labels: readonly string[];
}

/**
 * Every metric there is. Names are built here only; `ww_` is ours, `process_` follows the Prometheus convention for
 * client libraries. What shrinks again (in flight, quarantined) is a gauge.
 */
export const METRICS = {
  ww_build_info: gauge('1 always; the version stands in the label.', 'constant', ['version']),
  ww_ready: gauge('1 when the server is ready, 0 when /readyz answers 503.', 'boolean'),

  ww_messages_journalled_total: counter('Messages made durable in the journal.', 'messages'),
  ww_messages_decoded_total: counter('Journalled messages that were decoded.', 'messages'),
  ww_messages_quarantined: gauge('Messages that lie in quarantine as a whole.', 'messages'),
  ww_messages_in_flight: gauge('Journalled messages that are not yet decoded or quarantined.', 'messages'),
  ww_messages_held: gauge('Messages held because our own clock is suspect.', 'messages'),
  ww_readings_decoded_total: counter('Readings decoded from messages.', 'readings'),
  ww_readings_stored_total: counter('Readings stored under a new identity.', 'readings'),
  ww_readings_duplicate_total: counter('Readings that repeated a stored one.', 'readings'),
  ww_readings_corrected_total: counter(
    'Further, different readings of a known identity, whether they won or lost.',
    'readings',
  ),
  ww_readings_quarantined: gauge('Readings that lie in quarantine one by one.', 'readings'),
  ww_readings_rejected_total: counter('Readings of which only hash and count were kept.', 'readings'),
  ww_readings_in_flight: gauge('Decoded readings that are not yet durable in the store.', 'readings'),
  ww_ledger_balanced: gauge('1 when both equations of the ledger hold, else 0.', 'boolean'),
  ww_refused_total: counter('Refusals before the journal, by reason.', 'refusals', ['reason']),

  ww_stations_registered: gauge('Stations in the registry.', 'stations'),
  ww_stations_connected: gauge('Registered stations connected at this moment.', 'stations'),
  ww_datastreams_stored: gauge('Datastreams the store has seen.', 'datastreams'),
  ww_sequence_gaps: gauge('Messages missing by the sequence counters of the stations.', 'messages'),

  ww_mqtt_connections: gauge('Open connections to the broker.', 'connections'),
  ww_mqtt_connections_total: counter('Connections the broker accepted.', 'connections'),
  ww_mqtt_publishes_total: counter('Messages published to the broker, by quality of service.', 'messages', [
    'qos',
  ]),
  ww_mqtt_retain_stripped_total: counter(
    'Messages whose retain flag was removed, since their topic is not retained.',
    'messages',
  ),

  ww_journal_commits_total: counter('Group commits of the journal, one fsync each.', 'commits'),
  ww_journal_commit_seconds_total: counter('Time spent in journal commits.', 'seconds'),
  ww_journal_pending_bytes: gauge('Bytes that wait for a journal commit.', 'bytes'),
  ww_journal_bytes: gauge('Size of the journal files.', 'bytes'),
  ww_journal_lag_batches: gauge(
    'Group commits of the journal that are not yet durable in the telemetry store, by stream.',
    'batches',
    ['stream'],
  ),
  ww_archive_files: gauge('Monthly files in the arrival log.', 'files'),

  ww_store_staged_readings: gauge('Readings the store has taken and not yet made durable.', 'readings'),
  ww_store_commits_total: counter('Transactions of the telemetry store.', 'transactions'),
  ww_store_commit_seconds_total: counter('Time spent in transactions of the telemetry store.', 'seconds'),
  ww_quality_stale_datastreams: gauge(
    'Datastreams of which quality flags beyond the horizon wait to be made anew, because readings came late.',
    'datastreams',
  ),
  ww_alarms_in_force: gauge('Warnings in force, by the highest severity they reached.', 'warnings', [
    'severity',
  ]),
  ww_points_judged: gauge('Datastreams that a rule judges.', 'datastreams'),
  ww_rule_gaps: gauge('What rules lack to judge a point, in whole or in part.', 'gaps'),
  ww_watch_opening: gauge('Tracks (a rule at a point) that wait for their history after a start.', 'tracks'),
  ww_watch_refills: gauge('Tracks that wait to be judged anew, because readings came late.', 'tracks'),
  ww_store_failures_total: counter('Transactions the telemetry store could not finish.', 'transactions'),

  ww_http_requests_total: counter('Answered HTTP requests, by route and status.', 'requests', [
    'route',
    'status',
  ]),
  ww_http_request_seconds_total: counter(
    'Time from request to the end of the answer, summed by route.',
    'seconds',
    ['route'],
  ),
  ww_http_requests_in_flight: gauge('HTTP requests that are not yet answered.', 'requests'),
  ww_http_connections: gauge('Open HTTP connections.', 'connections'),
  ww_http_streams: gauge('Open event streams.', 'streams'),
  ww_http_streams_dropped_total: counter(
    'Event streams that were cut because their client did not keep up.',
    'streams',
  ),

  ww_event_loop_active_seconds_total: counter('Time the main event loop was busy.', 'seconds'),
  process_cpu_seconds_total: counter('Processor time of the process, user and system.', 'seconds'),
  process_resident_memory_bytes: gauge('Resident memory of the process.', 'bytes'),
  process_start_time_seconds: gauge('When the process started, since 1970-01-01T00:00:00Z.', 'seconds'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** One figure for /metrics. */
export interface MetricSample {
  readonly name: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The media type of the Prometheus text format. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The samples in the Prometheus text format 0.0.4, in the order of the table, each metric with one HELP and one TYPE
 * line. A metric without a sample is absent.
 */
export function renderMetrics(samples: readonly MetricSample[]): string {
  const byName = new Map<string, MetricSample[]>();
  for (const sample of samples) {
    const others = byName.get(sample.name);
    if (others === undefined) byName.set(sample.name, [sample]);
    else others.push(sample);
  }
  const lines: string[] = [];
  for (const [name, definition] of Object.entries(METRICS)) {
    const own = byName.get(name);
    if (own === undefined) continue;
    lines.push(`# HELP ${name} ${escapeHelp(definition.help)}`, `# TYPE ${name} ${definition.type}`);
    for (const sample of own)
      lines.push(`${name}${renderLabels(sample.labels)} ${renderValue(sample.value)}`);
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function counter(help: string, unit: string, labels: readonly string[] = []): MetricDefinition {
  return { type: 'counter', help, unit, labels };
}

function gauge(help: string, unit: string, labels: readonly string[] = []): MetricDefinition {
  return { type: 'gauge', help, unit, labels };
}

function renderLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function renderValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
