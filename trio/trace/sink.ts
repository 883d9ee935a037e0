/**
 * What a start did to its image, as a stream in order of time: what readers of traces give and what builders of
 * runtime images take. Nothing is allocated per access, so that a trace of a million lines streams through.
 */
export interface StartSink {
  /**
   * The bytes [offsetBytes, offsetBytes + lengthBytes) of a regular file were needed.
   *
   * @param path  absolute path in the container
   * @param ino   number of the inode that holds the data, as recorded
   */
  access(path: string, ino: number, offsetBytes: number, lengthBytes: number): void;
  /** A name was used: opened, looked up, stat'ed, executed…; `exists` false when it is not there. */
  name(path: string, exists: boolean): void;
}
