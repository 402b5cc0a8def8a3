import { useEffect, useState } from 'preact/hooks';

import type { DistrictNames } from '../wire.ts';
import { useWords } from './words.ts';

export interface NamesInWords {
  /** `undefined` until it is known. */
  readonly district: string | undefined;
  /** The name of a basin; its id where it has none. */
  readonly basin: (id: string) => string;
}

/** The names of the district and its basins in the language of the page; they are read once. */
export function useDistrictNames(role: string): NamesInWords {
  const { nameOf } = useWords();
  const [names, setNames] = useState<DistrictNames>();
  useEffect(() => {
    // An integrator sees its stations and not the district; asking all the same would be counted as a refusal.
    if (role === 'integrator') return;
    const read = async (): Promise<void> => {
      const response = await fetch('/api/v1/district');
      if (response.ok) setNames((await response.json()) as DistrictNames);
    };
    // Without the names the page shows ids, which is no reason to stop.
    read().catch(() => undefined);
  }, [role]);
  return {
    district:
      names === undefined || names.name === null
        ? undefined
        : nameOf({ name: names.name, nameEn: names.nameEn }),
    basin: id => {
      const basin = names?.basins.find(candidate => candidate.id === id);
      return basin === undefined ? id : nameOf(basin);
    },
  };
}
