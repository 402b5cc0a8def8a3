import { z } from 'zod';

/** WGS-84, degrees, as in the model: no third number. */
const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)], {
  error: 'must be [longitude, latitude]',
});
const line = z.array(position).min(2);
const ring = z
  .array(position)
  .min(4)
  .refine(points => String(points[0]) === String(points.at(-1)), {
    error: 'must end where it begins',
  });
const polygon = z.array(ring).min(1);

/** The shape of an area. */
export const polygonShape = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Polygon'), coordinates: polygon }),
  z.strictObject({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon).min(1) }),
]);

/** The shape of a river or a pipe. */
export const lineShape = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('LineString'), coordinates: line }),
  z.strictObject({ type: z.literal('MultiLineString'), coordinates: z.array(line).min(1) }),
]);
