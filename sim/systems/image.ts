/** A blob and its size. */
export interface Blob {
  readonly digest: string;
  readonly bytes: number;
}

export interface Layer extends Blob {
  /** Of the uncompressed tar. */
  readonly tarBytes: number;
  /** Regular files in it. */
  readonly files: number;
  /** All entries: files, directories, links. */
  readonly entries: number;
}

/** A layer as eStargz. */
export interface StargzLayerFacts extends Layer {
  /** Where the table of contents begins in the blob. */
  readonly tocOffset: number;
  /** Of the table itself, uncompressed. */
  readonly tocBytes: number;
  /** What is to be fetched before the start; 0: nothing. */
  readonly prefetchBytes: number;
}

export interface Manifest<L extends Layer = Layer> extends Blob {
  readonly tag: string;
  readonly config: Blob;
  /** From the lowest on. */
  readonly layers: readonly L[];
}

/** A part of a file that is compressed by itself in the eStargz blob. */
export interface StargzChunk {
  /** In the file. */
  readonly position: number;
  readonly bytes: number;
  /** In the blob. */
  readonly offset: number;
  readonly compressedBytes: number;
}

/** What a layer's blob has of a file; nothing of what is no regular file. */
export interface LayerFile {
  readonly chunks: readonly StargzChunk[];
}

/** What a folder of a layer has, in the order of the layer's table of contents. */
export interface LayerFolder {
  readonly entries: readonly LayerEntry[];
}
export type LayerEntry = LayerFile | LayerFolder;

/** A regular file that the container can see. */
export interface ImageFile extends LayerFile {
  /** Small and dense. */
  readonly id: number;
  readonly path: string;
  readonly bytes: number;
  /** From 0, the lowest, on. */
  readonly layer: number;
}

/** What a system knows of the image that it starts. */
export interface Image {
  readonly name: string;
  /** How a container of it is told to be ready. */
  readonly readiness: 'http' | 'tcp' | 'exit' | 'log';
  readonly plain: Manifest;
  readonly estargz: Manifest<StargzLayerFacts>;
  readonly files: number;
  file(path: string): ImageFile | undefined;
  /** All of them, each once, in any order. */
  regularFiles(): Iterable<ImageFile>;
  /** All that a layer has, also what others hide. */
  folder(layer: number): LayerFolder;
  /** What overlayfs asks its layers to find a path's last component. */
  lookup(path: string): OverlayLookup;
}

/** Layers are asked from the highest on that has the folder, until one says what the name is. */
export interface OverlayLookup {
  /** Layers that have the name, and layers that were asked and have it not. */
  readonly found: number;
  readonly missing: number;
  /** It is a folder: then each layer that has it is also asked whether it is opaque. */
  readonly isFolder: boolean;
  /** Entries of the folder that the name is in, of all layers that have the name together. */
  readonly entries: number;
}
