import { describe, expect, it } from 'vitest';
import { METRICS, renderMetrics } from './metrics.ts';

describe('renderMetrics', () => {
  it('writes one HELP and one TYPE line before all samples of a metric, in the order of the table', () => {
    const text = renderMetrics([
      { name: 'ww_refused_total', labels: { reason: 'bad_secret' }, value: 2 },
      { name: 'ww_ready', value: 1 },
      { name: 'ww_refused_total', labels: { reason: 'revoked' }, value: 0 },
    ]);
    expect(text).toBe(
      [
        '# HELP ww_ready 1 when the server is ready, 0 when /readyz answers 503.',
        '# TYPE ww_ready gauge',
        'ww_ready 1',
        '# HELP ww_refused_total Refusals before the journal, by reason.',
        '# TYPE ww_refused_total counter',
        'ww_refused_total{reason="bad_secret"} 2',
        'ww_refused_total{reason="revoked"} 0',
        '',
      ].join('\n'),
    );
  });

  it('is empty without a sample', () => {
    expect(renderMetrics([])).toBe('');
  });

  it('escapes quotes, backslashes and line ends in label values', () => {
    const text = renderMetrics([{ name: 'ww_build_info', labels: { version: 'a"b\\c\nd' }, value: 1 }]);
    expect(text).toContain('ww_build_info{version="a\\"b\\\\c\\nd"} 1\n');
  });

  it.each([
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
    [0.25, '0.25'],
    [1e21, '1e+21'],
  ])('writes %s as Prometheus reads it', (value, text) => {
    expect(renderMetrics([{ name: 'ww_ready', value }])).toContain(`ww_ready ${text}\n`);
  });
});

describe('METRICS', () => {
  it.each(Object.entries(METRICS))('%s follows the naming rules of Prometheus', (name, definition) => {
    expect(name).toMatch(/^(ww|process)_[a-z0-9_]+$/);
    expect(name.endsWith('_total')).toBe(definition.type === 'counter');
    expect(definition.help).toMatch(/^[A-Z0-9].*\.$/);
    expect(definition.labels).not.toContain('station');
  });
});
