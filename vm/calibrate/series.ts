const httpClient =
  "by Go's HTTP client over a connection that is kept: client, both network stacks and registry, link without delay";

/** What was measured under each series' name. */
export const series: Readonly<Record<string, string>> = {
  sha256: "Go's crypto/sha256 over zeros in memory",
  gunzip:
    "Go's compress/gzip behind a buffer of 32 KiB, as containerd has it, from memory to nowhere; the file that is unpacked is made of drawn bytes and of drawn words",
  'fault-anonymous': 'first write to a page of a private anonymous mapping, no huge pages; mmap included',
  'content-commit':
    'a file written 1 MiB at a time, flushed, closed and renamed on ext4 on persistent memory, as the content store does it; no hash',
  'read-cached': 'pread of cached pages of a file on ext4, apart from each other, under POSIX_FADV_RANDOM',
  'read-cold':
    'the same after dropping the caches: each read is one request to the file system; includes what read-cached costs',
  'fault-mapped':
    "touch of a file's cached page in a read-only mapping on ext4; a fault maps as many pages as fault-around has",
  'registry-head': `HEAD of a manifest ${httpClient}`,
  'registry-manifest': `GET of a manifest ${httpClient}`,
  'registry-blob': `GET of a range of a blob ${httpClient}; the registry reads 4 MiB at a time from where the range begins, to the end of the blob at most: readAheadBytes`,
  'registry-head-service':
    "the same in the registry alone, by its own log: from the handler's start to its end",
  'registry-manifest-service':
    "the same in the registry alone, by its own log: from the handler's start to its end",
  'registry-blob-service':
    "the same in the registry alone, by its own log: from the handler's start to its end",
  'far-head':
    'the same over a link of 20 ms, less these: what the registry does when its answer is on the way, and the client when its question is, nobody waits for then',
  'far-manifest': 'the same of a GET of a manifest',
  'far-blob': 'the same of a GET of 4 KiB of a blob',
  'registry-connection': 'what closing the connection and making another adds to a request',
  'registry-cold':
    "what a request costs more when the registry's caches are cold: the first one for a manifest or blob, and bytes that it has to read from its disk",
  'fetch-cold':
    "ctr image pull on a host that has done nothing yet, caches cold, link without delay, to containerd's image event: download, hash, content store; ctr's own start",
  'pull-tick':
    'the same to the line with which ctr begins to unpack: it waits for the next tick of its progress display, ten of which come a second',
  unpack: 'from there to the end of ctr: gunzip, hash, files of the layers onto overlayfs',
  'run-cold':
    'ctr run to the task-start event after that pull, of a program of one page that does nothing, overlayfs; the first start of each image, and with one layer the first in that guest',
  'run-warm': 'the same a second time',
  'lazy-pull':
    'ctr-remote image rpull (crfs) on a host that has done nothing yet, caches cold: manifest, config, and table of contents and mount of each layer; tocBytes are uncompressed JSON',
  'run-cold-crfs':
    'ctr run to the task-start event after that pull, of a program of one page that does nothing; the first start, as of run-cold',
  'run-warm-crfs': 'the same a second time',
  'fuse-lookup':
    'stat of a file that the kernel has not looked up, in an eStargz layer; 1 KiB files of one folder',
  'fuse-negative': 'stat of a name that is not there, in an eStargz layer, not for the first time',
  'fuse-open': 'open and close of a file that has been looked up, in an eStargz layer',
  'fuse-list': 'listing of a folder in an eStargz layer',
  'fuse-read':
    'pread of pages under POSIX_FADV_RANDOM in an eStargz layer, not in the page cache, chunks in the cache of the snapshotter, whose files are in memory: one FUSE request each',
  'overlay-lookup':
    'stat of a file in an overlay of eStargz layers that the kernel has not looked up: asked of each layer from the top until one has it',
  'overlay-folder':
    'the same of a folder that is in all layers: each is asked for it, and whether it is opaque',
  'overlay-open': 'open and close of a file that has been looked up, in an overlay of eStargz layers',
  'probe-http':
    'how much longer a program computes while an HTTP port is asked every 2 ms whether it is ready, as the agent does it in a start; `first`: once, because the agent has not asked before; nothing to connect to',
  'probe-tcp': 'the same with a TCP port',
  'probe-http-answer':
    "how much later the agent's first answer is there than its second, after an HTTP server has begun to listen that has answered often before",
  release:
    "from the wake-up by which runc start lets a container's program be executed to the task-start event, both on CLOCK_MONOTONIC, the former by the kernel's own trace; the program computes without end; overlayfs, first start of each image",
  'stargz-chunk':
    "first read of a chunk in an eStargz layer, until the reader has it: its bytes fetched from the registry in pieces of 50 kB (none, if an earlier read brought them), gunzipped, verified, kept in the snapshotter's memory and written to its disk",
  'stargz-piece':
    'the same of chunks that are alike, of which more or fewer pieces were missing: taking a piece from the answer and putting it in a file; a chunk is what the rest takes of one of these',
};

/** The name of one of a quantity. */
export const units: Readonly<Record<string, string>> = {
  operations: 'operation',
  bytes: 'byte',
  compressedBytes: 'compressed byte',
  readAheadBytes: 'byte read ahead',
  layers: 'layer',
  files: 'file',
  folders: 'folder',
  faults: 'fault',
  mappings: 'mapping',
  pages: 'page',
  reads: 'read',
  opens: 'open',
  requests: 'request',
  manifests: 'manifest',
  blobs: 'blob',
  connections: 'connection',
  ticks: 'tick',
  starts: 'start',
  lookups: 'lookup',
  entries: 'entry',
  tocBytes: 'byte of a table of contents',
  chunks: 'chunk',
  first: 'start',
  answers: 'answer',
  upTo1sNs: 'ns until ready, of the first second',
  upTo4sNs: 'ns until ready, of the next three seconds',
  beyond4sNs: 'ns until ready, after four seconds',
  pieces: 'piece of 50 kB',
};
