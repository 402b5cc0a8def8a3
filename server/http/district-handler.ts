import type { Asset, District } from '../../domain/model/district.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import type { AssetView, DistrictView } from './district-schemas.ts';

export function showDistrict({ application }: Call<'district'>): Promise<Answer> {
  const { version } = application.registry();
  return Promise.resolve(jsonAnswer(districtView(application.district.current(), version)));
}

/** Without what is personal: numbers leave the registry only towards those who call. */
function districtView(district: District, version: number): DistrictView {
  return {
    version,
    name: district.name?.name ?? null,
    nameEn: district.name?.nameEn ?? null,
    organisations: [...district.organisations.values()].map(organisation => ({
      ...names(organisation),
      role: organisation.role,
    })),
    persons: [...district.persons.values()].map(person => ({
      ...names(person),
      organisation: person.organisation,
      duty: person.duty ?? null,
    })),
    streets: [...district.streets.values()].map(street => names(street)),
    communities: [...district.communities.values()].map(community => ({
      ...names(community),
      street: community.street,
    })),
    basins: [...district.basins.values()].map(basin => ({
      ...names(basin),
      geometry: geometryView(basin.geometry),
    })),
    reaches: [...district.reaches.values()].map(reach => ({
      ...names(reach),
      basin: reach.basin,
      lengthM: reach.lengthM ?? null,
      geometry: geometryView(reach.geometry),
    })),
    assets: [...district.assets.values()].map(assetView),
    flow: district.flow.map(({ from, to, travelTimeMs }) => ({
      from,
      to,
      travelTimeMs: travelTimeMs ?? null,
    })),
  };
}

function assetView(asset: Asset): AssetView {
  const { type, basin, community, operator, regulator, responsible, latitude, longitude } = asset;
  return {
    ...names(asset),
    type,
    basin,
    reach: asset.reach ?? null,
    community,
    operator,
    regulator,
    responsible: [...responsible],
    latitude,
    longitude,
    datum: asset.datum ?? null,
    attributes: { ...asset.attributes },
    waterBody: asset.waterBody ?? null,
    targetClass: asset.targetClass ?? null,
    geometry: geometryView(asset.geometry),
  };
}

function names({
  id,
  name,
  nameEn,
}: {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
}): {
  id: string;
  name: string;
  nameEn: string | null;
} {
  return { id, name, nameEn: nameEn ?? null };
}

function geometryView(geometry: Asset['geometry']): AssetView['geometry'] {
  return geometry === undefined ? null : { type: geometry.type, coordinates: [...geometry.coordinates] };
}
