import type { KeptPart, RegistryVersion } from '../../domain/ports/registry-store.ts';
import type { DistrictRegistry } from '../application.ts';
import type { ControlClient } from '../control/control-client.ts';
import { CONTROL_PRINCIPAL } from '../control/control-handlers.ts';
import type { SiteChange } from '../identity/registry-keeper.ts';
import { connectedOrOffline } from './administration.ts';
import type { Invocation } from './command.ts';

/** The registered district for one principal: whoever may touch the data directory. */
export interface DistrictKeeper {
  /** The newest version. */
  parts(): Promise<readonly KeptPart[]>;
  /** Undefined where nothing differed. */
  apply(change: SiteChange): Promise<RegistryVersion | undefined>;
  rollBack(to: { readonly version: number; readonly note?: string }): Promise<RegistryVersion | undefined>;
  /** Newest first. */
  versions(limit: number): Promise<readonly RegistryVersion[]>;
}

/** As `administer`, for the district. */
export function keepDistrict<Result>(
  call: Invocation,
  work: (keeper: DistrictKeeper) => Promise<Result>,
): Promise<Result> {
  return connectedOrOffline(call, {
    online: client => work(remoteKeeper(client)),
    offline: config =>
      call.host.parts.administerOffline(config, ({ district }) => work(localKeeper(district))),
  });
}

function remoteKeeper(client: ControlClient): DistrictKeeper {
  return {
    parts: async () => (await client.call('siteParts', {})).parts,
    apply: async change => (await client.call('siteApply', change)).version ?? undefined,
    rollBack: async to => (await client.call('siteRollback', to)).version ?? undefined,
    versions: async limit => (await client.call('siteVersions', { limit })).versions,
  };
}

function localKeeper(district: DistrictRegistry): DistrictKeeper {
  return {
    parts: () => district.parts({ newest: true }),
    apply: change => district.apply(CONTROL_PRINCIPAL, change),
    rollBack: to => district.rollBack(CONTROL_PRINCIPAL, to),
    versions: limit => district.versions(limit),
  };
}
