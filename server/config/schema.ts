import { z } from 'zod';
import { DEFAULT_LIMITS } from '../../broker/limits.ts';
import { DEFAULT_INGEST_LIMITS } from '../../ingest/pipeline.ts';
import { DEFAULT_HTTP_LIMITS } from '../http/limits.ts';
import { LOG_LEVELS } from '../logger.ts';
import {
  choice,
  duration,
  integer,
  optionalChoice,
  port,
  requiredPort,
  requiredText,
  text,
} from './option.ts';
import { atMost, distinctPorts } from './relations.ts';

/** Every variable of ours begins so; one that no option knows is refused. */
export const ENV_PREFIX = 'WW_';
/** Names the YAML file; the one variable that has no place in the file itself. */
export const CONFIG_FILE_ENV = 'WW_CONFIG';
/** The site of the program's own folder, taken when none is named. */
export const DEFAULT_SITE = 'config/demo';
/** The rule set of the program's own folder, taken when none is named. */
export const DEFAULT_RULES = 'config/rules/default.yaml';

const HOUR = 3_600_000;

const mqttLimits = atMost(
  z.strictObject({
    maxConnections: integer({
      env: 'WW_MQTT_MAX_CONNECTIONS',
      description: 'Most MQTT connections in total; more are closed and counted `connection_limit`.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.maxConnections,
    }),
    maxConnectionsPerAddress: integer({
      env: 'WW_MQTT_MAX_CONNECTIONS_PER_ADDRESS',
      description:
        'Most MQTT connections from one address (IPv6: one /64; loopback is exempt); more are closed and counted ' +
        '`address_limit`.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.maxConnectionsPerAddress,
    }),
    maxKeepAliveS: integer({
      env: 'WW_MQTT_MAX_KEEP_ALIVE_S',
      description: 'The longest keep-alive a client may ask for; more, and 0, are refused.',
      unit: 's',
      min: 10,
      max: 65_535,
      default: DEFAULT_LIMITS.maxKeepAliveS,
    }),
    messagesPerS: integer({
      env: 'WW_MQTT_MESSAGES_PER_S',
      description:
        'What one station may send in the long run; above it PUBACKs come late, nothing is dropped. A gateway may ' +
        'send as much for each of its stations.',
      unit: '1/s',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.messagesPerS,
    }),
    messageBurst: integer({
      env: 'WW_MQTT_MESSAGE_BURST',
      description: 'Messages one station may send at once before its PUBACKs come late.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_LIMITS.messageBurst,
    }),
    offlineMessages: integer({
      env: 'WW_MQTT_OFFLINE_MESSAGES',
      description:
        'Messages that wait for one offline client with a persistent session; the oldest gives way and is counted.',
      min: 1,
      max: 100_000,
      default: DEFAULT_LIMITS.offlineMessages,
    }),
  }),
  [
    ['maxConnectionsPerAddress', 'maxConnections'],
    ['messagesPerS', 'messageBurst'],
  ],
);

const tls = z.strictObject({
  port: requiredPort({
    env: 'WW_MQTT_TLS_PORT',
    description: 'Port of MQTT over TLS with client certificates; without it there is no TLS listener.',
  }),
  certificateFile: requiredText({
    env: 'WW_MQTT_TLS_CERT',
    description: 'PEM file with the certificate of the server and its chain.',
  }),
  keyFile: requiredText({
    env: 'WW_MQTT_TLS_KEY',
    description: 'PEM file with the private key of the server.',
  }),
  caFile: requiredText({
    env: 'WW_MQTT_TLS_CA',
    description: 'PEM file with the authority that has signed the certificates of the clients.',
  }),
});

const httpLimits = atMost(
  z.strictObject({
    bodyBytes: integer({
      env: 'WW_HTTP_BODY_BYTES',
      description: 'Largest request body.',
      unit: 'bytes',
      min: 1_024,
      max: 16 * 1_048_576,
      default: DEFAULT_HTTP_LIMITS.bodyBytes,
    }),
    requestsPerSecond: integer({
      env: 'WW_HTTP_REQUESTS_PER_SECOND',
      description:
        'Requests per second of one principal, or of one address without a token, in the long run.',
      unit: '1/s',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_HTTP_LIMITS.requestsPerSecond,
    }),
    burst: integer({
      env: 'WW_HTTP_BURST',
      description: 'Requests one client may send at once after a pause.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_HTTP_LIMITS.burst,
    }),
    concurrentPerClient: integer({
      env: 'WW_HTTP_CONCURRENT_PER_CLIENT',
      description: 'Requests of one client that may be unanswered at the same time.',
      min: 1,
      max: 100_000,
      default: DEFAULT_HTTP_LIMITS.concurrentPerClient,
    }),
    connections: integer({
      env: 'WW_HTTP_CONNECTIONS',
      description: 'Most HTTP connections in total.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_HTTP_LIMITS.connections,
    }),
    connectionsPerAddress: integer({
      env: 'WW_HTTP_CONNECTIONS_PER_ADDRESS',
      description: 'Most HTTP connections from one address.',
      min: 1,
      max: 1_000_000,
      default: DEFAULT_HTTP_LIMITS.connectionsPerAddress,
    }),
    streams: integer({
      env: 'WW_HTTP_STREAMS',
      description: 'Most event streams that may be open at the same time; more are answered 503.',
      min: 0,
      max: 100_000,
      default: DEFAULT_HTTP_LIMITS.streams,
    }),
    streamsPerPrincipal: integer({
      env: 'WW_HTTP_STREAMS_PER_PRINCIPAL',
      description:
        'Most event streams of one user or token. Keep it below `concurrentPerClient`: with all of them open the same ' +
        'user must still get answers.',
      min: 0,
      max: 100_000,
      default: DEFAULT_HTTP_LIMITS.streamsPerPrincipal,
    }),
    stopGraceMs: duration({
      env: 'WW_HTTP_STOP_GRACE_MS',
      description: 'How long a stop waits for requests in flight before it cuts them.',
      min: 0,
      max: 600_000,
      default: DEFAULT_HTTP_LIMITS.stopGraceMs,
    }),
  }),
  [
    ['connectionsPerAddress', 'connections'],
    ['requestsPerSecond', 'burst'],
  ],
);

/** The one schema of the configuration. Strict: a key that is not here is refused. */
export const configSchema = distinctPorts(
  z.strictObject({
    host: text({
      env: 'WW_HOST',
      description: 'Address that MQTT and HTTP listen on; `0.0.0.0` or `::` for every interface.',
      pattern: { regex: /^[A-Za-z0-9.:_-]+$/, words: 'an IP address or a host name' },
      default: '127.0.0.1',
    }),
    dataDir: text({
      env: 'WW_DATA_DIR',
      description: 'Folder of journal, archive, stores and control socket; made where it is missing.',
      default: './data',
    }),
    site: text({
      env: 'WW_SITE',
      description:
        'Folder that describes the stations. The default is the demo district that comes with the program.',
      default: DEFAULT_SITE,
    }),
    rules: text({
      env: 'WW_RULES',
      description:
        'The rule set: a YAML file, or a folder with a `default.yaml`. It is activated at the first start, and at every ' +
        'start at which its version is higher than those kept. The default is the set that comes with the program.',
      default: DEFAULT_RULES,
    }),
    quality: requiredText({
      env: 'WW_QUALITY',
      description:
        'Quality parameters of this district, a YAML file; they go over the defaults that come with the program. ' +
        'See docs/concepts/quality-control.md.',
    }).optional(),
    alarmBudget: z
      .strictObject({
        perDay: integer({
          env: 'WW_RULES_ALARM_BUDGET',
          description:
            'Alarms a day that the people who watch can handle. A rule set that would have raised more, and more than the ' +
            'one in force, is activated only by force. 150 a day for one operator is what EEMUA 191 and ISA-18.2 are ' +
            'cited with.',
          unit: '1/d',
          min: 1,
          max: 1_000_000,
          default: 150,
        }),
        days: integer({
          env: 'WW_RULES_BUDGET_DAYS',
          description: 'How many days before an activation are looked at.',
          unit: 'd',
          min: 1,
          max: 90,
          default: 7,
        }),
      })
      .prefault({}),
    simulator: optionalChoice({
      env: 'WW_SIMULATOR',
      description: 'Whether the simulated stations of the site publish made-up readings.',
      values: ['on', 'off'],
      defaultInWords: 'on for a demo site, else off',
    }),
    scenario: requiredText({
      env: 'WW_SCENARIO',
      description:
        'What the built-in simulator plays: the name of a scenario that comes with the program, or a file. Without it ' +
        'there are ordinary days.',
    }).optional(),
    store: choice({
      env: 'WW_STORE',
      description: 'Where people read history from.',
      values: ['embedded'],
      unsupported: ['influxdb'],
      default: 'embedded',
    }),
    logLevel: choice({
      env: 'WW_LOG_LEVEL',
      description: 'The least severe log lines that are written.',
      values: LOG_LEVELS,
      default: 'info',
    }),
    mqtt: z
      .strictObject({
        port: port({
          env: 'WW_MQTT_PORT',
          description: 'Port of MQTT over TCP; 0 takes a free one.',
          default: 1_883,
        }),
        tls: tls.optional(),
        limits: mqttLimits.prefault({}),
      })
      .prefault({}),
    http: z
      .strictObject({
        port: port({
          env: 'WW_HTTP_PORT',
          description: 'Port of the HTTP API; 0 takes a free one.',
          default: 8_080,
        }),
        trustedProxies: text({
          env: 'WW_HTTP_TRUSTED_PROXIES',
          description:
            'Addresses of the proxies in front, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; they ' +
            'must pass `Host` on unchanged.',
          pattern: {
            regex: /^(none|[0-9A-Fa-f.:]+(,[0-9A-Fa-f.:]+)*)$/,
            words: '`none`, or IP addresses with commas',
          },
          default: 'none',
        }),
        limits: httpLimits.prefault({}),
      })
      .prefault({}),
    archive: z
      .strictObject({
        lingerMs: duration({
          env: 'WW_ARCHIVE_LINGER_MS',
          description:
            'How long consumed messages may stay in the journal before they move to the archive; a full chunk moves at once.',
          min: 0,
          max: 24 * HOUR,
          default: 600_000,
        }),
        intervalMs: duration({
          env: 'WW_ARCHIVE_INTERVAL_MS',
          description: 'How often the archiver looks for messages to move.',
          min: 20,
          max: HOUR,
          default: 10_000,
        }),
      })
      .prefault({}),
    ingest: z
      .strictObject({
        liveWindowMs: duration({
          env: 'WW_LIVE_WINDOW_MS',
          description: 'A reading is live while it is received at most this long after it was measured.',
          min: 60_000,
          max: 24 * HOUR,
          default: DEFAULT_INGEST_LIMITS.liveWindowMs,
        }),
        backlogSliceMs: duration({
          env: 'WW_BACKLOG_SLICE_MS',
          description: 'The longest the backlog lane works without letting live readings in.',
          min: 1,
          max: 1_000,
          default: DEFAULT_INGEST_LIMITS.backlogSliceMs,
        }),
        quarantineQuotaPerHour: integer({
          env: 'WW_QUARANTINE_QUOTA_PER_HOUR',
          description:
            'Messages and readings one station may leave in quarantine; more leave only a hash and a count.',
          unit: '1/h',
          min: 0,
          max: 1_000_000,
          default: DEFAULT_INGEST_LIMITS.quarantineQuotaPerHour,
        }),
        maxOutstandingReadings: integer({
          env: 'WW_MAX_OUTSTANDING_READINGS',
          description:
            'Readings in memory that the store has not made durable, above which the journal is not read.',
          min: 10_000,
          max: 10_000_000,
          default: DEFAULT_INGEST_LIMITS.maxOutstandingReadings,
        }),
      })
      .prefault({}),
  }),
  [
    ['mqtt', 'port'],
    ['mqtt', 'tls', 'port'],
    ['http', 'port'],
  ],
);

/** The configuration, complete with defaults; as `loadConfig` answers it, with absolute paths. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;

type DeepReadonly<Value> = Value extends number | string
  ? Value
  : { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> };
