/** Where in the page somebody is; it stands behind the `#` of the address, so that it can be kept and passed on. */
export type Route =
  | { readonly kind: 'stations' | 'alarms' | 'record' | 'rules' }
  | { readonly kind: 'alarm' | 'station'; readonly id: string };

const ALARM_PATH = '#/alarms/';
const STATION_PATH = '#/stations/';

/** The place an address names; the stations where it names none. */
export function routeOf(hash: string): Route {
  switch (hash) {
    case '#/alarms':
      return { kind: 'alarms' };
    case '#/record':
      return { kind: 'record' };
    case '#/rules':
      return { kind: 'rules' };
    default:
      return placeWithId('alarm', hash, ALARM_PATH) ?? placeWithId('station', hash, STATION_PATH) ?? STATIONS;
  }
}

const STATIONS: Route = { kind: 'stations' };

/** Undefined where the address is not below the path, or names nothing. */
function placeWithId(kind: 'alarm' | 'station', hash: string, path: string): Route | undefined {
  const id = hash.startsWith(path) ? decoded(hash.slice(path.length)) : '';
  return id === '' ? undefined : { kind, id };
}

/** The address of a place. */
export function hashOf(route: Route): string {
  switch (route.kind) {
    case 'stations':
      return '#/';
    case 'alarm':
      return ALARM_PATH + encodeURIComponent(route.id);
    case 'station':
      return STATION_PATH + encodeURIComponent(route.id);
    case 'alarms':
    case 'record':
    case 'rules':
      return `#/${route.kind}`;
  }
}

/** Empty for what nobody can have encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
