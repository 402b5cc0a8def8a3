import { useEffect, useState } from 'preact/hooks';

import { hashOf, routeOf } from '../route/route.ts';
import type { Route } from '../route/route.ts';

/** Where the page is by its address; follows the address, and the back button with it. */
export function useRoute(): Route {
  const [route, setRoute] = useState<Route>(() => routeOf(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Goes to a place, as a click on a link would. */
export function goTo(route: Route): void {
  location.hash = hashOf(route);
}
