import type { JSX } from 'preact';

/** Drawings on a grid of 16 by 16, so that no meaning hangs on colour alone. */
const SHAPES = {
  warning: (
    <path
      d="M8 1.5 15 14H1zM8 6v4M8 11.6v.9"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linejoin="round"
    />
  ),
  normal: <path d="m3 8.5 3.3 3.3L13 4.8" fill="none" stroke="currentColor" stroke-width="1.8" />,
  unknown: (
    <path
      d="M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M5.5 8h5"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-dasharray="2.2 1.6"
    />
  ),
  good: <circle cx="8" cy="8" r="3.5" fill="currentColor" />,
  suspect: (
    <path
      d="M5.2 5.8a2.8 2.8 0 1 1 4.2 2.4c-.9.5-1.4 1-1.4 2M8 12.6v1"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
    />
  ),
  blind: (
    <path
      d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8M2.5 13.5l11-11"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
    />
  ),
  bad: <path d="m4 4 8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="1.8" />,
  connected: (
    <path
      d="M2 6.5c3.6-3.2 8.4-3.2 12 0M4.5 9.3c2.2-1.9 4.8-1.9 7 0M8 12.3v.6"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
    />
  ),
  disconnected: (
    <path
      d="M2 6.5c1.3-1.1 2.7-1.9 4.2-2.2M14 6.5a9 9 0 0 0-3-1.8M4.5 9.3a5.4 5.4 0 0 1 2-1.2M8 12.3v.6M3 14 13 2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
    />
  ),
  close: <path d="m4 4 8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="1.5" />,
  menu: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" fill="none" stroke="currentColor" stroke-width="1.5" />,
  mark: (
    <path
      d="M1.5 6c2-1.9 4.3-1.9 6.5 0s4.5 1.9 6.5 0M1.5 10.5c2-1.9 4.3-1.9 6.5 0s4.5 1.9 6.5 0"
      fill="none"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
    />
  ),
} as const satisfies Record<string, JSX.Element>;

export type IconName = keyof typeof SHAPES;

/** Decoration beside a text that says the same. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}
