import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', 'data/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make the timing-sensitive fault tests compete with each other.
    maxWorkers: 2,
    pool: 'forks',
    // .ci/run counts from this file; nobody else reads it.
    reporters: ['default', ...(process.env['CI'] === 'true' ? ['json'] : [])],
    outputFile: { json: 'dist/test-summary.json' },
  },
});
