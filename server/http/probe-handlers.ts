import { performance } from 'node:perf_hooks';
import { METRICS_CONTENT_TYPE, renderMetrics } from '../metrics.ts';
import type { MetricSample } from '../metrics.ts';
import { jsonAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { openApiDocument } from './openapi.ts';
import { readinessNow } from './readiness-now.ts';

export function answerHealth({ application }: Call<'healthz'>): Answer {
  return jsonAnswer({ status: 'ok', startedAt: application.startedAt });
}

export async function answerReadiness({ application }: Call<'readyz'>): Promise<Answer> {
  const { ready, reasons, warnings } = await readinessNow(application);
  return jsonAnswer({ ready, reasons, warnings }, ready ? 200 : 503);
}

export async function answerMetrics({ application, server }: Call<'metrics'>): Promise<Answer> {
  const samples = [...(await application.metrics()), ...server.samples(), ...processSamples()];
  return { kind: 'text', contentType: METRICS_CONTENT_TYPE, text: renderMetrics(samples) };
}

export function answerOpenApi({ server }: Call<'openapi'>): Answer {
  return jsonAnswer(openApiDocument(server.version));
}

function processSamples(): readonly MetricSample[] {
  const { user, system } = process.cpuUsage();
  return [
    {
      name: 'ww_event_loop_active_seconds_total',
      value: performance.eventLoopUtilization().active / 1000,
    },
    { name: 'process_cpu_seconds_total', value: (user + system) / 1e6 },
    { name: 'process_resident_memory_bytes', value: process.memoryUsage.rss() },
    { name: 'process_start_time_seconds', value: Math.round(performance.timeOrigin) / 1000 },
  ];
}
