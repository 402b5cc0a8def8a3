import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../domain/errors.ts';
import { DEFAULT_HTTP_LIMITS } from '../http/limits.ts';
import { temporaryFolder } from '../../test/harness/temp-dir.ts';
import { CONFIG_OPTIONS, documentedOptions } from './documented-options.ts';
import { loadConfig } from './load.ts';

const temporary = temporaryFolder();

const load = (env: Record<string, string> = {}) =>
  loadConfig(env, { workingFolder: temporary.path, programFolder: '/opt/ww' });

function withFile(yaml: string, env: Record<string, string> = {}) {
  writeFileSync(join(temporary.path, 'ww.yaml'), yaml);
  return { WW_CONFIG: 'ww.yaml', ...env };
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    if (isAppError(error, 'config_invalid')) return error.problems;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

describe('loadConfig', () => {
  it('needs nothing: the defaults are the demo on this machine alone', () => {
    expect(load({ PATH: '/bin' })).toEqual({
      host: '127.0.0.1',
      dataDir: join(temporary.path, 'data'),
      site: '/opt/ww/config/demo',
      rules: '/opt/ww/config/rules/default.yaml',
      alarmBudget: { perDay: 150, days: 7 },
      store: 'embedded',
      logLevel: 'info',
      mqtt: {
        port: 1883,
        limits: {
          maxConnections: 25_000,
          maxConnectionsPerAddress: 4_000,
          maxKeepAliveS: 600,
          messagesPerS: 1_000,
          messageBurst: 10_000,
          offlineMessages: 1_000,
        },
      },
      http: {
        port: 8080,
        trustedProxies: 'none',
        limits: {
          bodyBytes: DEFAULT_HTTP_LIMITS.bodyBytes,
          requestsPerSecond: 100,
          burst: 200,
          concurrentPerClient: 64,
          connections: 2_000,
          connectionsPerAddress: 200,
          streams: 500,
          streamsPerPrincipal: 32,
          stopGraceMs: 10_000,
        },
      },
      archive: { lingerMs: 600_000, intervalMs: 10_000 },
      ingest: {
        liveWindowMs: 1_800_000,
        backlogSliceMs: 8,
        quarantineQuotaPerHour: 1_000,
        maxOutstandingReadings: 400_000,
      },
    });
  });

  it('lets the environment win over the file, and the file over the defaults', () => {
    const env = withFile(
      'mqtt: { port: 1, limits: { maxConnections: 6000 } }\nlogLevel: debug\nsimulator: off\n',
      {
        WW_MQTT_PORT: '0',
        WW_DATA_DIR: '/var/lib/ww',
        WW_SITE: 'district',
        WW_RULES: 'rules.yaml',
      },
    );
    expect(load(env)).toMatchObject({
      logLevel: 'debug',
      simulator: 'off',
      dataDir: '/var/lib/ww',
      site: join(temporary.path, 'district'),
      rules: join(temporary.path, 'rules.yaml'),
      mqtt: { port: 0, limits: { maxConnections: 6_000, maxConnectionsPerAddress: 4_000 } },
    });
  });

  it('takes a scenario by the name of one that comes with the program, or by its path', () => {
    expect(load().scenario).toBeUndefined();
    expect(load({ WW_SCENARIO: 'storm-night' }).scenario).toBe('/opt/ww/config/scenarios/storm-night.yaml');
    expect(load({ WW_SCENARIO: 'my.yaml' }).scenario).toBe(join(temporary.path, 'my.yaml'));
  });

  it('reads every option from its variable', () => {
    const other = { integer: '4711', text: 'somewhere' };
    const words: Record<string, string> = {
      WW_STORE: 'embedded',
      WW_LOG_LEVEL: 'warn',
      WW_SIMULATOR: 'off',
      WW_SCENARIO: 'night.yaml',
      WW_LIVE_WINDOW_MS: '61000',
      WW_BACKLOG_SLICE_MS: '21',
      WW_RULES_BUDGET_DAYS: '22',
      WW_MQTT_PORT: '1',
      WW_MQTT_TLS_PORT: '2',
      WW_HTTP_PORT: '3',
      WW_HTTP_TRUSTED_PROXIES: '10.0.0.1',
      WW_MAX_OUTSTANDING_READINGS: '10001',
    };
    const env = Object.fromEntries(
      CONFIG_OPTIONS.map(({ env: name, reads }) => [name, words[name] ?? other[reads]]),
    );
    const config = load(env);
    for (const { keys, env: name, reads } of CONFIG_OPTIONS) {
      const value = keys.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)[key], config);
      const given = env[name];
      if (reads === 'integer') expect([name, value]).toEqual([name, Number(given)]);
      else expect([name, String(value).split('/').at(-1)]).toEqual([name, given]);
    }
  });

  it('tells all problems at once, each with its place', () => {
    const env = withFile(
      'mqtt:\n  prot: 1\n  limits: { maxConnections: 10, messageBurst: lots }\ncolour: red\n',
      {
        WW_HTTP_PORT: '65536',
        WW_MQTT_PORTS: '1',
        WW_LOG_LEVEL: 'loud',
        WW_DATA_DIR: ' ',
        WW_HOST: 'a b',
        WW_STORE: 'influxdb',
      },
    );
    expect([...problemsOf(env)].sort()).toEqual([
      'WW_DATA_DIR is empty: give it a value, or do not set it.',
      'WW_HOST (host) expected an IP address or a host name, got "a b"',
      'WW_HTTP_PORT (http.port) expected a whole number from 0 to 65535, got 65536',
      'WW_LOG_LEVEL (logLevel) expected one of error, warn, info, debug, got "loud"',
      'WW_MQTT_PORTS is not known. Did you mean "WW_MQTT_PORT"?',
      'WW_STORE (store) "influxdb" is not supported by this version; it knows embedded',
      'ww.yaml: colour is not known.',
      'ww.yaml: mqtt.limits.maxConnectionsPerAddress is 4000, above maxConnections, which is 10',
      'ww.yaml: mqtt.limits.messageBurst expected a whole number from 1 to 1000000, got "lots"',
      'ww.yaml: mqtt.prot is not known. Did you mean "port"?',
    ]);
  });

  it.each(['1.5', '1e3', '0x10', '-1', 'NaN', 'true', '99999999999999999999'])(
    'refuses "%s" as a port',
    text => {
      expect(problemsOf({ WW_MQTT_PORT: text })).toEqual([
        expect.stringMatching(/^WW_MQTT_PORT \(mqtt\.port\) expected a whole number from 0 to 65535, got /),
      ]);
    },
  );

  it('refuses the same port twice, unless it is 0', () => {
    const files = { WW_MQTT_TLS_CERT: 'c', WW_MQTT_TLS_KEY: 'k', WW_MQTT_TLS_CA: 'a' };
    expect(problemsOf({ WW_MQTT_PORT: '9', WW_HTTP_PORT: '9', WW_MQTT_TLS_PORT: '9', ...files })).toEqual([
      'WW_MQTT_TLS_PORT (mqtt.tls.port) is 9, the same as mqtt.port',
      'WW_HTTP_PORT (http.port) is 9, the same as mqtt.port',
      'WW_HTTP_PORT (http.port) is 9, the same as mqtt.tls.port',
    ]);
    const free = load({ WW_MQTT_PORT: '0', WW_HTTP_PORT: '0', WW_MQTT_TLS_PORT: '0', ...files });
    expect(free.mqtt.tls).toEqual({
      port: 0,
      certificateFile: join(temporary.path, 'c'),
      keyFile: join(temporary.path, 'k'),
      caFile: join(temporary.path, 'a'),
    });
  });

  it('takes proxies by their addresses, or none', () => {
    expect(load().http.trustedProxies).toBe('none');
    for (const good of ['none', '127.0.0.1', '10.0.0.1,2001:db8::1']) {
      expect(load({ WW_HTTP_TRUSTED_PROXIES: good }).http.trustedProxies).toBe(good);
    }
    for (const bad of ['10.0.0.1, 10.0.0.2', 'proxy.example', '10.0.0.1,']) {
      expect(problemsOf({ WW_HTTP_TRUSTED_PROXIES: bad })).toHaveLength(1);
    }
  });

  it('wants all of the TLS options, or none', () => {
    expect(problemsOf({ WW_MQTT_TLS_PORT: '8883' })).toEqual([
      'WW_MQTT_TLS_CERT (mqtt.tls.certificateFile) is missing; expected a text that is not empty',
      'WW_MQTT_TLS_KEY (mqtt.tls.keyFile) is missing; expected a text that is not empty',
      'WW_MQTT_TLS_CA (mqtt.tls.caFile) is missing; expected a text that is not empty',
    ]);
    expect(problemsOf({ WW_MQTT_TLS_CERT: 'c', WW_MQTT_TLS_KEY: 'k', WW_MQTT_TLS_CA: 'a' })).toEqual([
      'WW_MQTT_TLS_PORT (mqtt.tls.port) is missing; expected a whole number from 0 to 65535',
    ]);
  });

  it('reads the file strictly', () => {
    expect(problemsOf(withFile('host: a\nhost: b\n'))[0]).toMatch(
      /ww\.yaml: line 2: Map keys must be unique/,
    );
    expect(problemsOf(withFile('host: !secret a\n'))[0]).toMatch(/line 1: Unresolved tag/);
    expect(problemsOf(withFile('host: a\n---\nhost: b\n'))[0]).toMatch(/line 2: /);
    expect(problemsOf(withFile('- host\n'))[0]).toMatch(/^ww\.yaml .*expected object/);
    expect(problemsOf(withFile('mqtt: 5\n', { WW_MQTT_PORT: '1' }))[0]).toMatch(
      /^ww\.yaml: mqtt .*expected object/,
    );
    expect(problemsOf(withFile('simulator: true\n'))).toEqual([
      'ww.yaml: simulator expected one of on, off, got true',
    ]);
    expect(problemsOf({ WW_CONFIG: 'absent.yaml' })[0]).toMatch(/absent\.yaml: cannot be read/);
    expect(load(withFile('# nothing yet\n')).host).toBe('127.0.0.1');
  });
});

describe('documentedOptions', () => {
  it('shows every option once, with a variable of its own', () => {
    const options = documentedOptions();
    expect(new Set(options.map(option => option.path)).size).toBe(options.length);
    expect(new Set(options.map(option => option.env)).size).toBe(options.length);
    expect(options.find(option => option.path === 'ingest.liveWindowMs')).toEqual({
      path: 'ingest.liveWindowMs',
      env: 'WW_LIVE_WINDOW_MS',
      description: 'A reading is live while it is received at most this long after it was measured.',
      unit: 'ms',
      range: '60000 … 86400000',
      default: 1_800_000,
    });
  });
});
