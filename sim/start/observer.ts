/** Pages of a file of the image. */
export interface FilePages {
  readonly path: string;
  readonly firstPage: number;
  readonly pages: number;
}

/** From when to when something went on, virtual time. */
export interface Span {
  readonly fromNs: number;
  readonly toNs: number;
}

/** Who is told what goes on in a start, of each thing when it is over. It must not change anything. */
export interface Observer {
  /** The program did the steps [first, end) and computed. */
  worked(steps: { readonly first: number; readonly end: number }, span: Span): void;
  /** The program could not go on without these pages. */
  waited(pages: FilePages, span: Span): void;
  /** The page cache asked the file system for these pages, and got them. */
  read(pages: FilePages, span: Span): void;
  /** Packets went out on the line. */
  sent(direction: 'down' | 'up', bytes: number, span: Span): void;
}

/** Writes down all but the packets. */
export class Observed implements Observer {
  readonly work: (Span & { readonly first: number; readonly end: number })[] = [];
  readonly waits: (Span & FilePages)[] = [];
  readonly reads: (Span & FilePages)[] = [];

  worked(steps: { readonly first: number; readonly end: number }, span: Span): void {
    this.work.push({ ...steps, ...span });
  }

  waited(pages: FilePages, span: Span): void {
    this.waits.push({ ...pages, ...span });
  }

  read(pages: FilePages, span: Span): void {
    this.reads.push({ ...pages, ...span });
  }

  sent(_direction: 'down' | 'up', _bytes: number, _span: Span): void {}
}
