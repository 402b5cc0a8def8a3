/** The registered id of a station, gateway or subscriber account; also MQTT client id and user name. */
export type ThingId = string & { readonly __brand: 'ThingId' };

const THING_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** `alerts` is the second level of the alert topics, so no thing may take the name. */
const RESERVED = new Set(['alerts']);

export function isThingId(text: string): text is ThingId {
  return THING_ID.test(text) && !RESERVED.has(text);
}

/** The pattern as documentation and JSON Schema show it. */
export const THING_ID_PATTERN = THING_ID.source;
