/** Where in the page somebody is; it stands behind the `#` of the address, so that it can be kept and passed on. */
export type Route =
  | { readonly kind: 'stations' | 'alarms' | 'record' | 'rules' }
  | { readonly kind: 'alarm'; readonly id: string };

const ALARM_PATH = '#/alarms/';

/** The place an address names; the stations where it names none. */
export function routeOf(hash: string): Route {
  switch (hash) {
    case '#/alarms':
      return { kind: 'alarms' };
    case '#/record':
      return { kind: 'record' };
    case '#/rules':
      return { kind: 'rules' };
    default: {
      const id = hash.startsWith(ALARM_PATH) ? decoded(hash.slice(ALARM_PATH.length)) : '';
      return id === '' ? { kind: 'stations' } : { kind: 'alarm', id };
    }
  }
}

/** The address of a place. */
export function hashOf(route: Route): string {
  switch (route.kind) {
    case 'stations':
      return '#/';
    case 'alarm':
      return ALARM_PATH + encodeURIComponent(route.id);
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
