import type { MetricSample } from '../metrics.ts';
import type { RouteId } from './routes.ts';

/**
 * What the HTTP server counts of itself. `console` stands for the files of the page, `unmatched` for paths and methods
 * that do not exist.
 */
export class RequestCounters {
  readonly #answered = new Map<string, { readonly route: string; readonly status: string; count: number }>();
  readonly #seconds = new Map<string, number>();
  inFlight = 0;

  answered(route: RouteId | 'console' | 'unmatched', status: number, elapsedMs: number): void {
    const key = `${route} ${status}`;
    const entry = this.#answered.get(key);
    if (entry === undefined) this.#answered.set(key, { route, status: String(status), count: 1 });
    else entry.count += 1;
    this.#seconds.set(route, (this.#seconds.get(route) ?? 0) + elapsedMs / 1000);
  }

  samples(connections: number): readonly MetricSample[] {
    return [
      ...[...this.#answered.values()].map(({ route, status, count }) => ({
        name: 'ww_http_requests_total' as const,
        labels: { route, status },
        value: count,
      })),
      ...[...this.#seconds].map(([route, value]) => ({
        name: 'ww_http_request_seconds_total' as const,
        labels: { route },
        value,
      })),
      { name: 'ww_http_requests_in_flight', value: this.inFlight },
      { name: 'ww_http_connections', value: connections },
    ];
  }
}
