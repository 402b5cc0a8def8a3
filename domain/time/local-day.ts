import { LOCAL_OFFSET_MS } from './bucket.ts';
import { DAY_MS } from './instant.ts';
import type { EpochMs } from './instant.ts';

const DAYS_OF_FOUR_CENTURIES = 146_097;
/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAY = 719_468;

/** The day of the year in Asia/Shanghai, as `MM-DD`. */
export function localMonthDay(at: EpochMs): string {
  // Civil date from a day number (Hinnant, "chrono-Compatible Low-Level Date Algorithms"): years begin in March.
  const dayNumber = Math.floor((at + LOCAL_OFFSET_MS) / DAY_MS) + EPOCH_DAY;
  const ofEra = dayNumber - Math.floor(dayNumber / DAYS_OF_FOUR_CENTURIES) * DAYS_OF_FOUR_CENTURIES;
  const leapDays = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const year = Math.floor((ofEra - leapDays) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * month + 2) / 5) + 1;
  return `${twoDigits(month < 10 ? month + 3 : month - 9)}-${twoDigits(day)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
