import type { Ledger } from '../domain/model/ledger.ts';
import { WARNING_SEVERITIES } from '../domain/model/warning-severity.ts';
import type { Registry } from '../domain/model/registry.ts';
import type { IngestStatus } from '../ingest/pipeline.ts';
import type { StationTrack } from '../ingest/station-trackers.ts';
import type { WatchStatus } from '../watch/watch.ts';
import type { AlarmService } from './alarms/alarm-service.ts';
import type { MetricSample } from './metrics.ts';

/** Everything /metrics is made of, gathered at one moment. */
export interface MetricSources {
  readonly version: string;
  readonly ready: boolean;
  readonly ledger: Ledger;
  readonly refusedByReason: ReadonlyMap<string, number>;
  readonly registry: Registry;
  readonly connectedIds: Iterable<string>;
  readonly tracks: readonly StationTrack[];
  readonly ingest: IngestStatus;
  readonly broker: {
    readonly connections: number;
    readonly connectionsTotal: number;
    readonly publishes: { readonly qos0: number; readonly qos1: number; readonly qos2: number };
    readonly retainStripped: number;
  };
  readonly journal: {
    readonly commits: number;
    readonly commitSeconds: number;
    readonly pendingBytes: number;
    readonly bytes: number;
    readonly archiveFiles: number;
    readonly lastSeq: { readonly live: number; readonly backlog: number };
  };
  readonly alarms: Pick<AlarmService, 'board' | 'judged' | 'gaps'>;
  readonly watch: WatchStatus;
  readonly store: {
    readonly commits: number;
    readonly commitSeconds: number;
    readonly failures: number;
    readonly stagedReadings: number;
    readonly datastreams: number;
  };
}

/** The samples of the running server, without those of HTTP and of the process. */
export function liveSamples(sources: MetricSources): readonly MetricSample[] {
  return [
    { name: 'ww_build_info', labels: { version: sources.version }, value: 1 },
    { name: 'ww_ready', value: Number(sources.ready) },
    ...ledgerSamples(sources),
    ...stationSamples(sources),
    ...brokerSamples(sources),
    ...journalSamples(sources),
    ...storeSamples(sources),
    ...watchSamples(sources),
  ];
}

function ledgerSamples({ ledger, ingest, refusedByReason }: MetricSources): readonly MetricSample[] {
  const { messages, readings } = ledger;
  return [
    { name: 'ww_messages_journalled_total', value: messages.journalled },
    { name: 'ww_messages_decoded_total', value: messages.decoded },
    { name: 'ww_messages_quarantined', value: messages.quarantined },
    { name: 'ww_messages_in_flight', value: messages.inFlight },
    { name: 'ww_messages_held', value: ingest.held },
    { name: 'ww_readings_decoded_total', value: readings.decoded },
    { name: 'ww_readings_stored_total', value: readings.stored },
    { name: 'ww_readings_duplicate_total', value: readings.duplicate },
    { name: 'ww_readings_corrected_total', value: readings.corrected },
    { name: 'ww_readings_quarantined', value: readings.quarantined },
    { name: 'ww_readings_rejected_total', value: readings.rejected },
    { name: 'ww_readings_in_flight', value: ingest.outstandingReadings },
    { name: 'ww_quality_stale_datastreams', value: ingest.staleDatastreams },
    { name: 'ww_ledger_balanced', value: Number(ledger.balanced) },
    ...[...refusedByReason].map(([reason, value]) => ({
      name: 'ww_refused_total' as const,
      labels: { reason },
      value,
    })),
  ];
}

function stationSamples({ registry, connectedIds, tracks }: MetricSources): readonly MetricSample[] {
  let registered = 0;
  for (const thing of registry.things.values()) registered += Number(thing.kind === 'station');
  let connected = 0;
  for (const id of connectedIds) connected += Number(registry.things.get(id)?.kind === 'station');
  const gaps = tracks.reduce((sum, track) => sum + (track.sequence?.gaps ?? 0), 0);
  return [
    { name: 'ww_stations_registered', value: registered },
    { name: 'ww_stations_connected', value: connected },
    { name: 'ww_sequence_gaps', value: gaps },
  ];
}

function brokerSamples({ broker }: MetricSources): readonly MetricSample[] {
  return [
    { name: 'ww_mqtt_connections', value: broker.connections },
    { name: 'ww_mqtt_connections_total', value: broker.connectionsTotal },
    { name: 'ww_mqtt_publishes_total', labels: { qos: '0' }, value: broker.publishes.qos0 },
    { name: 'ww_mqtt_publishes_total', labels: { qos: '1' }, value: broker.publishes.qos1 },
    { name: 'ww_mqtt_publishes_total', labels: { qos: '2' }, value: broker.publishes.qos2 },
    { name: 'ww_mqtt_retain_stripped_total', value: broker.retainStripped },
  ];
}

function journalSamples({ journal, ingest }: MetricSources): readonly MetricSample[] {
  const lag = (stream: 'live' | 'backlog'): MetricSample => ({
    name: 'ww_journal_lag_batches',
    labels: { stream },
    value: Math.max(0, journal.lastSeq[stream] - ingest.committed[stream]),
  });
  return [
    { name: 'ww_journal_commits_total', value: journal.commits },
    { name: 'ww_journal_commit_seconds_total', value: journal.commitSeconds },
    { name: 'ww_journal_pending_bytes', value: journal.pendingBytes },
    { name: 'ww_journal_bytes', value: journal.bytes },
    { name: 'ww_archive_files', value: journal.archiveFiles },
    lag('live'),
    lag('backlog'),
  ];
}

function storeSamples({ store }: MetricSources): readonly MetricSample[] {
  return [
    { name: 'ww_datastreams_stored', value: store.datastreams },
    { name: 'ww_store_staged_readings', value: store.stagedReadings },
    { name: 'ww_store_commits_total', value: store.commits },
    { name: 'ww_store_commit_seconds_total', value: store.commitSeconds },
    { name: 'ww_store_failures_total', value: store.failures },
  ];
}

function watchSamples({ alarms, watch }: MetricSources): readonly MetricSample[] {
  const inForce = [...alarms.board().values()];
  return [
    ...WARNING_SEVERITIES.map(severity => ({
      name: 'ww_alarms_in_force' as const,
      labels: { severity },
      value: inForce.filter(record => record.episode.severity === severity).length,
    })),
    { name: 'ww_points_judged', value: alarms.judged().size },
    { name: 'ww_rule_gaps', value: alarms.gaps().length },
    { name: 'ww_watch_opening', value: watch.opening },
    { name: 'ww_watch_refills', value: watch.refills },
  ];
}
