import type { WatchingRules } from '../alarm/alarm-wire.ts';
import { useAnswer } from './use-answer.ts';
import { useWords } from './words.ts';

/** What the rules that watch are called; the id of one that does not, or that cannot be asked for. */
export function useRuleNames(): (rule: string) => string {
  const { nameOf } = useWords();
  const rules = useAnswer<WatchingRules>('/api/v1/rules', undefined);
  const known = new Map((rules.kind === 'read' ? rules.value.items : []).map(rule => [rule.id, rule]));
  return id => {
    const rule = known.get(id);
    return rule === undefined ? id : nameOf(rule);
  };
}
