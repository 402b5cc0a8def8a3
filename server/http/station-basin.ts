import type { StationSpec } from '../../domain/model/registry.ts';
import type { Application } from '../application.ts';

/** The basin of a station, or that of what it measures at; null where it belongs to none. */
export type BasinOf = (station: Pick<StationSpec, 'basin' | 'asset'>) => string | null;

export function basinsOf({ district }: Pick<Application, 'district'>): BasinOf {
  const { assets } = district.current();
  return ({ basin, asset }) => basin ?? (asset === undefined ? undefined : assets.get(asset)?.basin) ?? null;
}
