export const THEMES = ['auto', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

export function themeOf(remembered: string | null): Theme {
  return THEMES.find(theme => theme === remembered) ?? 'auto';
}

/** The style sheet does the rest; `auto` leaves the choice to the system. */
export function showTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}
