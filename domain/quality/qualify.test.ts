import { describe, expect, it } from 'vitest';

import { DEVICE_FLAGS, QUALITY } from '../model/observation.ts';
import type { DeviceFlag } from '../model/observation.ts';
import { qualify } from './qualify.ts';

const SPAN = [0, 14] as const;

describe('qualify', () => {
  it.each([
    { v: 7, flag: 'N', quality: 'good' },
    { v: 0, flag: 'N', quality: 'good' },
    { v: 14, flag: 'N', quality: 'good' },
    { v: 14.01, flag: 'N', quality: 'fail' },
    { v: -0.01, flag: 'N', quality: 'fail' },
    { v: null, flag: 'N', quality: 'missing' },
    { v: null, flag: 'D', quality: 'missing' },
    { v: 7, flag: 'T', quality: 'suspect' },
    { v: 15, flag: 'T', quality: 'fail' },
    { v: 7, flag: 'S', quality: 'good' },
    { v: 7, flag: 'B', quality: 'missing' },
    { v: 7, flag: 'D', quality: 'fail' },
    { v: 7, flag: 'F', quality: 'fail' },
    { v: 7, flag: 'M', quality: 'fail' },
    { v: 7, flag: 'C', quality: 'fail' },
  ] as const satisfies readonly { v: number | null; flag: DeviceFlag; quality: keyof typeof QUALITY }[])(
    'a value of $v with device flag $flag is $quality',
    ({ v, flag, quality }) => {
      expect(qualify(v, DEVICE_FLAGS.indexOf(flag), SPAN)).toBe(QUALITY[quality]);
    },
  );
});
