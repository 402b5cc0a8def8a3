import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isThingId } from './identifier.ts';
import {
  CLOCK_DECISION_TOPIC,
  WATCH_DECISION_TOPIC,
  commandTopic,
  parseUpTopic,
  stationOf,
  upTopic,
} from './topic.ts';

describe('parseUpTopic', () => {
  it.each(['obs', 'backlog', 'status', 'event', 'cmd/ack'] as const)(
    'reads what upTopic builds: %s',
    channel => {
      const station = 'st-1';
      if (!isThingId(station)) throw new Error('not an id');
      expect(parseUpTopic(upTopic(station, channel))).toEqual({ station, channel });
    },
  );

  it('reads the video channel of a snapshot', () => {
    expect(parseUpTopic('ww/v1/gw1/snapshot/cam-2')).toEqual({
      station: 'gw1',
      channel: 'snapshot',
      video: 'cam-2',
    });
  });

  it.each([
    '',
    'ww/v1/st-1',
    'ww/v1/st-1/obs/',
    'ww/v1/st-1/obs/x',
    'ww/v2/st-1/obs',
    'ww/v1//obs',
    'ww/v1/+/obs',
    'ww/v1/#',
    'ww/v1/alerts/obs',
    'ww/v1/st-1/cmd',
    'ww/v1/st-1/cmd/other',
    'ww/v1/st-1/snapshot/',
    'ww/v1/st-1/snapshot/a b',
    '/ww/v1/st-1/obs',
    '$SYS/x',
    CLOCK_DECISION_TOPIC,
    WATCH_DECISION_TOPIC,
  ])('refuses %j', topic => {
    expect(parseUpTopic(topic)).toBeUndefined();
  });

  it('never reads a down topic as an up topic', () => {
    const id = fc.string({ minLength: 1, maxLength: 20 }).filter(isThingId);
    fc.assert(
      fc.property(id, station => {
        expect(parseUpTopic(commandTopic(station))).toBeUndefined();
      }),
    );
  });
});

describe('stationOf', () => {
  it('names the station level, or - where there is none', () => {
    expect(stationOf('ww/v1/st-1/obs')).toBe('st-1');
    expect(stationOf(CLOCK_DECISION_TOPIC)).toBe('-');
    expect(stationOf(WATCH_DECISION_TOPIC)).toBe('-');
    expect(stationOf('elsewhere')).toBe('-');
  });
});

describe('isThingId', () => {
  it.each([
    ['st-1', true],
    ['A_b-9', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['-a', false],
    ['', false],
    ['alerts', false],
    ['站', false],
    ['a/b', false],
  ])('%j: %s', (text, expected) => {
    expect(isThingId(text)).toBe(expected);
  });
});
