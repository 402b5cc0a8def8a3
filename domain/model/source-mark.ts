/**
 * How well a number of the water domain is founded: read in the standard itself, read in a secondary source only,
 * written from memory, or our own proposal. `memory` and `proposal` are never called "the standard" to a user.
 */
export type SourceMark = 'verified' | 'secondary' | 'memory' | 'proposal';
