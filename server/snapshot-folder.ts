/** The folder of snapshots inside the data directory. */
export const SNAPSHOT_FOLDER = 'snapshots';
