/** One import and the rules that forbid it; none for an import that has to stay possible. */
export interface JudgedImport {
  readonly from: string;
  /** A file of the tree, a package, a `node:` module, or a path that starts with `./` and does not exist. */
  readonly to: string;
  readonly kind?: 'import type';
  readonly forbiddenBy?: readonly string[];
}

/** Packages that the little tree declares, by field of its package.json; `undeclared` is installed all the same. */
export const PACKAGES = {
  dependencies: ['zod', 'mqtt', 'aedes', 'fastify', '@photostructure/sqlite', '@duckdb/node-api'],
  devDependencies: ['vitest', '@influxdata/influxdb-client', 'preact', 'vite'],
  undeclared: ['left-pad'],
} as const;

const allowed = (from: string, to: string): JudgedImport => ({ from, to });
const forbidden = (from: string, to: string, ...forbiddenBy: readonly string[]): JudgedImport => ({
  from,
  to,
  forbiddenBy,
});

/** Imports as they are written in the layers, right and wrong; together they break each rule at least once. */
export const JUDGED_IMPORTS: readonly JudgedImport[] = [
  allowed('domain/model/schema.ts', 'zod'),
  allowed('domain/model/schema.ts', 'domain/errors.ts'),
  allowed('domain/model/schema.test.ts', 'test/harness/wait-for.ts'),
  allowed('domain/model/schema.test.ts', 'node:fs'),
  allowed('domain/model/schema.test.ts', 'vitest'),
  forbidden('domain/model/station.ts', 'codecs/registry.ts', 'domain-stands-alone'),
  forbidden('domain/model/clock.ts', 'node:perf_hooks', 'pure-imports-zod-only'),
  forbidden('domain/model/client.ts', 'mqtt', 'pure-imports-zod-only'),

  allowed('codecs/registry.ts', 'domain/errors.ts'),
  allowed('codecs/registry.ts', 'codecs/json/codec.ts'),
  forbidden('codecs/json/codec.ts', 'rules/engine.ts', 'pure-sees-domain'),
  forbidden('codecs/json/codec.test.ts', 'rules/engine.ts', 'pure-sees-domain'),
  forbidden('rules/step.ts', 'ingest/pipeline.ts', 'pure-sees-domain'),
  forbidden('forecast/model.ts', 'node:crypto', 'pure-imports-zod-only'),

  allowed('ingest/pipeline.ts', 'codecs/registry.ts'),
  allowed('ingest/pipeline.ts', 'node:crypto'),
  allowed('ingest/pipeline.test.ts', 'test/fixtures/readings.ts'),
  forbidden('ingest/writer.ts', 'storage/sqlite/journal.ts', 'application-sees-ports'),
  forbidden('ingest/writer.test.ts', 'storage/sqlite/journal.ts', 'application-sees-ports'),
  forbidden('watch/engine.ts', 'ingest/pipeline.ts', 'application-sees-ports'),
  forbidden('duty/inbox.ts', 'node:fs', 'application-does-no-io'),
  forbidden('control/dispatch.ts', 'node:worker_threads', 'application-does-no-io'),
  forbidden('video/recorder.ts', 'mqtt', 'application-does-no-io'),
  forbidden('predict/job.ts', 'node:timers', 'application-does-no-io'),

  allowed('broker/listener.ts', 'aedes'),
  allowed('broker/listener.ts', 'node:net'),
  allowed('broker/listener.test.ts', 'mqtt'),
  forbidden('broker/hook.ts', 'storage/sqlite/journal.ts', 'adapter-knows-itself'),
  forbidden('notify/email/sender.ts', 'ingest/pipeline.ts', 'adapter-knows-itself'),
  allowed('storage/sqlite/journal.ts', 'storage/thread/remote.ts'),
  allowed('storage/sqlite/journal.ts', '@photostructure/sqlite'),
  forbidden('storage/duckdb/store.ts', 'storage/sqlite/journal.ts', 'store-knows-itself'),
  forbidden('storage/thread/worker.ts', 'storage/files/folder.ts', 'store-knows-itself'),
  forbidden(
    'storage/files/archive.ts',
    '@photostructure/sqlite',
    'vendor-in-its-adapter: @photostructure/sqlite',
  ),
  forbidden('server/start.ts', '@duckdb/node-api', 'vendor-in-its-adapter: @duckdb/node-api'),
  {
    from: 'server/sink.ts',
    to: '@influxdata/influxdb-client',
    kind: 'import type',
    forbiddenBy: ['vendor-in-its-adapter: @influxdata/influxdb-client'],
  },
  forbidden('sensors-sim/broker.ts', 'aedes', 'vendor-in-its-adapter: aedes'),
  forbidden('server/cli/serve.ts', 'fastify', 'vendor-in-its-adapter: fastify'),

  allowed('server/application.ts', 'storage/sqlite/journal.ts'),
  allowed('server/application.ts', 'broker/listener.ts'),
  allowed('server/http/listener.ts', 'fastify'),
  forbidden('broker/session.ts', 'server/application.ts', 'adapter-knows-itself', 'only-server-wires'),
  forbidden('console/page.ts', 'server/application.ts', 'view-sees-domain', 'only-server-wires'),
  allowed('console/page.ts', 'domain/errors.ts'),
  allowed('console/page.ts', 'preact'),
  allowed('console/vite.config.ts', 'vite'),
  forbidden('console/stream.ts', 'mqtt', 'page-bundles-two-packages'),
  forbidden('console/file.ts', 'node:fs', 'page-bundles-two-packages'),
  forbidden('grafana/dashboard.ts', 'codecs/registry.ts', 'view-sees-domain'),
  forbidden('node-red/palette.ts', 'ingest/pipeline.ts', 'view-sees-domain'),
  allowed('grafana/dashboard.ts', 'domain/errors.ts'),
  allowed('sensors-sim/station.ts', 'codecs/registry.ts'),
  forbidden('sensors-sim/fleet.ts', 'ingest/pipeline.ts', 'simulator-encodes'),

  allowed('test/integration/start.test.ts', 'server/application.ts'),
  allowed('scripts/start.ts', 'server/application.ts'),
  allowed('bench/ingest.ts', 'server/application.ts'),
  forbidden('server/probe.ts', 'test/harness/wait-for.ts', 'only-tests-import-test'),
  forbidden('bench/wait.ts', 'test/harness/wait-for.ts', 'only-tests-import-test'),
  forbidden('broker/session.test.ts', 'test/integration/start.ts', 'unit-tests-use-the-harness'),
  forbidden('server/metrics.ts', 'bench/ingest.ts', 'workshop-is-not-product'),
  forbidden('server/migrate.ts', 'scripts/start.ts', 'workshop-is-not-product'),
  forbidden('plugins/loader.ts', 'domain/errors.ts', 'folder-has-a-layer'),

  forbidden('server/metric-name.ts', 'server/utils.ts', 'file-names-its-concept'),
  forbidden('server/metric-page.ts', 'server/common/page.ts', 'file-names-its-concept'),
  // A cycle is reported once, at its first file; half of this one is a type.
  allowed('domain/time/instant.ts', 'domain/time/bucket.ts'),
  {
    from: 'domain/time/bucket.ts',
    to: 'domain/time/instant.ts',
    kind: 'import type',
    forbiddenBy: ['no-cycle'],
  },
  forbidden('server/config.ts', './nowhere.ts', 'import-resolves'),
  forbidden('server/pad.ts', 'left-pad', 'package-is-declared'),
  forbidden('server/check.ts', 'vitest', 'product-needs-no-dev-package'),
];
