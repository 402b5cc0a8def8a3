import { describe, expect, it } from 'vitest';

import { generatePassword, normalisePassword, requireFitPassword } from './password.ts';

const problemsOf = (password: string): readonly string[] => {
  try {
    requireFitPassword(password);
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
};

describe('a password', () => {
  it.each([
    ['twelve chars', []],
    ['eleven char', [/fewer than 12 characters/]],
    ['十二个汉字的密码可以用啦', []],
    // Characters, not UTF-16 units.
    ['🌊'.repeat(11), [/fewer/]],
    ['🌊'.repeat(12), []],
    ['a'.repeat(256), []],
    ['a'.repeat(257), [/more than 256 bytes/]],
    ['水'.repeat(86), [/more than 256 bytes/]],
    // One character that becomes eighteen: the limits are those of what is hashed.
    ['\uFDFA', []],
    ['', [/fewer/]],
  ])('%j has the problems %j', (password, problems) => {
    expect(problemsOf(password)).toEqual(problems.map(problem => expect.stringMatching(problem) as string));
  });

  it('is the same in full width and composed in another way', () => {
    expect(normalisePassword('Ａｂｃ１２３')).toBe('Abc123');
    expect(normalisePassword('e\u0301')).toBe(normalisePassword('\u00e9'));
  });
});

describe('a generated password', () => {
  it('is fit, can be typed, and is another one each time', () => {
    const passwords = Array.from({ length: 200 }, generatePassword);
    for (const password of passwords) {
      expect(problemsOf(password)).toEqual([]);
      expect(password).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){4}[0-9a-hjkmnp-tv-z]{4}$/);
    }
    expect(new Set(passwords).size).toBe(passwords.length);
    // 20 characters of 32 are 100 bits; every character has to occur, else there are fewer.
    expect(new Set(passwords.join('').replaceAll('-', '')).size).toBe(32);
  });
});
