import { ERROR_CODES } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { QUARANTINE_REASONS, REJECT_REASONS } from '../../domain/model/ledger.ts';
import { OBSERVED_PROPERTIES } from '../../domain/model/observed-property.ts';
import { TOPIC_CONTRACT } from '../../domain/model/topic.ts';
import { REFUSAL_REASONS } from '../../domain/ports/identity.ts';
import { problemAnswer } from '../http/problem.ts';
import { code, page, table } from './markdown.ts';

export function topicsPage(): string {
  return page(
    'MQTT topics',
    'Version 1 of the wire contract. `up` is from a station to the server, `down` from the server. A retain flag ' +
      'where the table says `no` is removed and counted, never refused.',
    table(
      ['topic', 'direction', 'QoS', 'retained', 'body'],
      TOPIC_CONTRACT.map(entry => [
        code(entry.topic),
        entry.direction,
        entry.qos,
        entry.retained,
        entry.body,
      ]),
    ),
  );
}

export function observedPropertiesPage(): string {
  return page(
    'Observed properties',
    'What a reading may be of (`p` of a payload, before the dot). A value outside the sensor span is stored with ' +
      'quality FAIL; a datastream may override the span. A property with a datum is a level: the registry must ' +
      'name what it is measured from. Spans marked `domain` stand in the standards, `proposal` is our default.',
    table(
      ['property', '中文', 'English', 'unit', 'interpolation', 'datum', 'sensor span', 'span from'],
      [...OBSERVED_PROPERTIES.values()].map(property => [
        code(property.name),
        property.nameZh,
        property.nameEn,
        code(property.unit),
        property.interpolation,
        property.needsDatum ? 'yes' : 'no',
        `${property.sensorSpan[0]} … ${property.sensorSpan[1]}`,
        property.spanSource,
      ]),
    ),
  );
}

export function errorsPage(): string {
  const codes = Object.entries(ERROR_CODES) as [ErrorCode, string][];
  return page(
    'Error codes',
    'Codes are stable; match on them, never on texts. In HTTP they stand in `code` and at the end of `type` ' +
      '(`urn:waterwarden:error:<code>`) of a problem after RFC 9457. Two statuses: the second one is answered when ' +
      'a repeat makes sense, with `Retry-After`.',
    table(
      ['code', 'HTTP status', 'meaning'],
      codes.map(([name, meaning]) => [code(name), statusesOf(name), meaning]),
    ),
  );
}

function statusesOf(name: ErrorCode): string {
  const statuses = [false, true].map(
    retryable => problemAnswer({ code: name, detail: '', retryable }).status,
  );
  return [...new Set(statuses)].join(' or ');
}

export function ledgerReasonsPage(): string {
  const reasons = (entries: Readonly<Record<string, string>>) =>
    table(
      ['reason', 'meaning'],
      Object.entries(entries).map(([name, meaning]) => [code(name), meaning]),
    );
  return page(
    'Reasons in the ledger',
    'Everything that is not stored is counted under one of these reasons. Messages: journalled = decoded + ' +
      'quarantined whole + in flight. Readings: decoded = stored + duplicate + corrected + quarantined + rejected + ' +
      'in flight.',
    '## Quarantined',
    'After the journal. The bytes are kept and can be tried again: `ww quarantine replay`.',
    reasons(QUARANTINE_REASONS),
    '## Rejected',
    'After the journal. Only the count and a hash are kept.',
    reasons(REJECT_REASONS),
    '## Refused',
    'Before the journal: nothing was acknowledged. Counted by principal; `-` is a stranger.',
    reasons(REFUSAL_REASONS),
  );
}
