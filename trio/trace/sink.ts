/**
 * What a start did to its image, as a stream in order of time: what readers of traces give and what builders of
 * runtime images take. Nothing is allocated or looked up by name per access, so that a trace of a million lines streams
 * through.
 *
 * @typeParam File  what stands for the file of an access: the sink's own choice
 */
export interface StartSink<File = unknown> {
  /**
   * What stands for a path from now on; asked right before its first access, by each reader of the same trace again.
   *
   * @param path  absolute path in the container
   */
  file(path: string): File;
  /**
   * The bytes [offsetBytes, offsetBytes + lengthBytes) of a regular file were needed.
   *
   * @param file  of this sink's {@link file}
   * @param ino   number of the inode that holds the data, as recorded
   */
  access(file: File, ino: number, offsetBytes: number, lengthBytes: number): void;
  /** A name was used: opened, looked up, stat'ed, executed…; `exists` false when it is not there. */
  name(path: string, exists: boolean): void;
}
