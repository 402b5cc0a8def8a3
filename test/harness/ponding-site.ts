import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STATIONS = `stations:
  - id: S
    name: 站
    datastreams:
      - { property: ponding_depth, intervalMs: 60000, thresholds: { blue: 0.03, yellow: 0.1, orange: 0.15, red: 0.25 } }
`;

/** Makes a site folder with one station, `S`, which measures ponding each minute. */
export function writePondingSite(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'site.yaml'), 'name: 区\n');
  writeFileSync(join(folder, 'stations.yaml'), STATIONS);
}
