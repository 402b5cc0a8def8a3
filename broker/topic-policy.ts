import type { Registry, ThingSpec } from '../domain/model/registry.ts';
import { alertPrefix, commandTopic, parseUpTopic } from '../domain/model/topic.ts';
import type { UpTopic } from '../domain/model/topic.ts';
import type { RefusalReason } from '../domain/ports/identity.ts';

/** Whether a thing may publish to a topic, and what the topic means. */
export type PublishDecision =
  | { readonly ok: true; readonly topic: UpTopic }
  | { readonly ok: false; readonly reason: Extract<RefusalReason, 'topic_forbidden' | 'station_forbidden'> };

const TOPIC_FORBIDDEN: PublishDecision = { ok: false, reason: 'topic_forbidden' };
const STATION_FORBIDDEN: PublishDecision = { ok: false, reason: 'station_forbidden' };

/** Decides by the registry as it is now: a station that moved to another gateway is the old one's no longer. */
export function decidePublish(principal: string, topic: string, registry: Registry): PublishDecision {
  const thing = registry.things.get(principal);
  const parsed = parseUpTopic(topic);
  if (thing === undefined || parsed === undefined || thing.kind === 'subscriber') return TOPIC_FORBIDDEN;
  const isOwn = parsed.station === principal;
  switch (thing.kind) {
    case 'station':
      if (!isOwn) return STATION_FORBIDDEN;
      return parsed.channel === 'snapshot' ? TOPIC_FORBIDDEN : { ok: true, topic: parsed };
    case 'gateway': {
      const isListed =
        thing.stations.includes(parsed.station) && registry.things.get(parsed.station)?.kind === 'station';
      return isOwn || isListed ? { ok: true, topic: parsed } : STATION_FORBIDDEN;
    }
  }
}

/**
 * Whether a thing may subscribe to a filter: a station or a gateway to its own commands by exact name, a subscriber
 * account to the alerts of its basins, with wildcards only after the basin. `$share` and `$SYS` never are.
 */
export function maySubscribe(thing: ThingSpec | undefined, filter: string): boolean {
  if (thing === undefined) return false;
  if (thing.kind !== 'subscriber') return filter === commandTopic(thing.id);
  return thing.basins.some(basin => {
    const prefix = alertPrefix(basin);
    return filter.startsWith(prefix) && isFilterTail(filter.slice(prefix.length));
  });
}

/** Whether a message on this topic may still be sent to the thing, e.g. from its queue after its basins changed. */
export function mayReceive(thing: ThingSpec | undefined, topic: string): boolean {
  if (thing === undefined) return false;
  if (thing.kind !== 'subscriber') return topic === commandTopic(thing.id);
  return thing.basins.some(basin => topic.startsWith(alertPrefix(basin)));
}

/** [MQTT-4.7.1-2], [MQTT-4.7.1-3]: a wildcard is a level of its own, and `#` is the last. */
function isFilterTail(tail: string): boolean {
  const levels = tail.split('/');
  return levels.every((level, index) => {
    if (level === '+') return true;
    if (level === '#') return index === levels.length - 1;
    return level !== '' && !level.includes('+') && !level.includes('#');
  });
}
