import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface ViewTitleProps {
  readonly title: string;
  /** What stands beside the title. */
  readonly children?: ComponentChildren;
}

/** The heading of a view. It takes the focus when the view comes, so that a keyboard and a screen reader begin there. */
export function ViewTitle({ title, children }: ViewTitleProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="view-head">
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </div>
  );
}
