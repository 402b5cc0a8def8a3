import type { Language } from '../text/language.ts';

/** How rows of stations are laid out in a width. The style sheet draws what stands here, in CSS pixels. */
export interface RowLayout {
  /** True where a station is a card, since columns have no room. */
  readonly isCard: boolean;
  /** Width of the station's name. */
  readonly stationWidth: number;
  /** Values that stand side by side. */
  readonly columns: number;
}

const CARD_BELOW = 760;
/** State and connection, with the gaps between columns. */
const OTHER_COLUMNS = 138 + 78 + 56;
const STATION_WIDTH = 218;
/** Where there is room, names are shown whole. */
const ROOMY_FROM = 1_300;
const ROOMY_STATION_WIDTH = 330;
const CARD_PADDING = 24;
/** What a value needs: its name beside its age. */
const VALUE_WIDTH: Readonly<Record<Language, number>> = { zh: 128, en: 148 };

const VALUE_HEIGHT = 44;
const ROW_PADDING = 9;
const CARD_HEAD = 44;

export function rowLayout(width: number, language: Language): RowLayout {
  const isCard = width < CARD_BELOW;
  const stationWidth = width < ROOMY_FROM ? STATION_WIDTH : ROOMY_STATION_WIDTH;
  const room = width - (isCard ? CARD_PADDING : OTHER_COLUMNS + stationWidth);
  return { isCard, stationWidth, columns: Math.max(1, Math.floor(room / VALUE_WIDTH[language])) };
}

/** The height of a station's row by the number of its values; known without drawing it. */
export function rowHeight({ isCard, columns }: Omit<RowLayout, 'stationWidth'>, values: number): number {
  const lines = Math.max(1, Math.ceil(values / columns));
  return (isCard ? CARD_HEAD : 0) + lines * VALUE_HEIGHT + ROW_PADDING;
}
