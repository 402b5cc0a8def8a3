/** Control characters, and marks that turn the direction of what stands beside them: a terminal or a page obeys them. */
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

export function hasUnseen(text: string): boolean {
  return text.search(UNSEEN) >= 0;
}

/** The text with each of them written out, as in `\u001b`. */
export function showUnseen(text: string): string {
  return text.replaceAll(UNSEEN, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
