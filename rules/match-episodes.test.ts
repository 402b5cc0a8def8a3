import { expect, it } from 'vitest';

import type { Episode } from '../domain/model/episode.ts';
import { matchEpisodes } from './match-episodes.ts';

const episode = (begin: number, end?: number) =>
  ({ begin, ...(end === undefined ? {} : { end }) }) as Episode;
const unseen = () => undefined;

it('keeps apart two episodes of which one begins with the reading that ended the other', () => {
  const [first, second] = [episode(0, 10), episode(10, 20)];
  const grown = matchEpisodes([first], [first, second], unseen);
  expect([grown.kept, grown.splitFrom[1]]).toEqual([[0, undefined], undefined]);
  const again = matchEpisodes([first, second], [first, second], unseen);
  expect(again.kept).toEqual([0, 1]);
  expect([again.merged.size, again.withdrawn]).toEqual([0, []]);
});

it('knows an episode again by its begin, by any time in common, and by being open', () => {
  expect(matchEpisodes([episode(5, 5)], [episode(5, 9)], unseen).kept).toEqual([0]);
  expect(matchEpisodes([episode(0, 10)], [episode(9, 20)], unseen).kept).toEqual([0]);
  expect(matchEpisodes([episode(0)], [episode(50)], unseen).kept).toEqual([0]);
  expect(matchEpisodes([episode(0, 10)], [episode(11)], unseen).withdrawn).toEqual([0]);
});
