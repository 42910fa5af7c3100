// Where files lie that the embedded engine is to insert: it runs in this folder, so that a statement names them without a path.
import { join } from 'node:path'

/** A name of our own, and only files of our own in it are removed: the data folder may be somebody's existing one. */
export const insertFolderOf = (dataDir: string): string => join(dataDir, 'insert-bodies')
