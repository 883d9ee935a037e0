import { measured, type ParameterDefinition } from '../parameters/parameter.ts';

/** The parameter by which a server is found to listen. */
export const listeningShare = 'probe.listeningShare';
/** The parameter that sets a container's limit. */
export const memoryLimit = 'container.memoryMiB';

export const hostParameters: readonly ParameterDefinition[] = [
  {
    name: 'host.cores',
    unit: 'cores',
    what: 'processors of the node',
    value: 1,
    min: 1,
    max: 4096,
    isInteger: true,
    source: { kind: 'chosen', why: 'the VM that costs are measured in has one' },
  },
  {
    name: 'host.speed',
    unit: 'times the VM',
    what: 'how much faster a processor works than that of the VM',
    value: 1,
    min: 0.001,
    source: { kind: 'chosen', why: 'the VM executes one instruction a nanosecond' },
  },
  {
    name: 'host.readAheadKiB',
    unit: 'KiB',
    what: "readahead of a file system's device (read_ahead_kb)",
    value: 128,
    max: 65536,
    isInteger: true,
    source: { kind: 'read', where: 'VM_READAHEAD_PAGES in include/linux/pagemap.h' },
  },
  {
    name: 'host.faultAroundKiB',
    unit: 'KiB',
    what: 'pages that a fault maps with its own (fault_around_bytes)',
    value: 64,
    min: 4,
    max: 2048,
    isInteger: true,
    source: { kind: 'read', where: 'fault_around_bytes in mm/memory.c' },
  },
  {
    name: memoryLimit,
    unit: 'MiB',
    what: "memory.max of the container's cgroup, without swap; 0: no limit",
    value: 0,
    source: { kind: 'chosen', why: 'containers of the VM have none' },
  },
  {
    name: 'probe.isThere',
    unit: '0 or 1',
    what: 'the VM asks the port of a container every 2 ms whether it is ready; 0: nobody does, and its work beside the warm start is left out',
    value: 1,
    max: 1,
    isInteger: true,
    source: { kind: 'chosen', why: 'as in the VM, so that the two can be compared' },
  },
  {
    name: listeningShare,
    unit: 'ns/ns',
    what: 'an HTTP server listens from where others than the program have less than this of its warm start: who asks waits then',
    value: 0.1,
    max: 1,
    source: {
      kind: 'chosen',
      why: 'between what probe-http says of one that is asked over and over, and 0.01 of one that has the question (tomcat, test/integration/sim/program.test.ts)',
    },
  },
  measured(
    'release.starts',
    'ns/start',
    'from the release of a program that computes to the task-start event, beside each other',
  ),
  measured('probe-http.first', 'ns/start', 'ask an HTTP port for the first time, beyond the share below'),
  measured(
    'probe-http.upTo1sNs',
    'ns/ns',
    'share of a processor that asks an HTTP port, in the first second',
  ),
  measured('probe-http.upTo4sNs', 'ns/ns', 'the same, in the next three seconds: its code gets compiled'),
  measured('probe-http.beyond4sNs', 'ns/ns', 'the same, after four seconds'),
  measured('probe-http-answer.answers', 'ns/answer', 'take the first answer, beyond what another takes'),
  measured('probe-tcp.first', 'ns/start', 'ask a TCP port for the first time, beyond the share below'),
  measured('probe-tcp.upTo1sNs', 'ns/ns', 'share of a processor that asks a TCP port, in the first second'),
  measured('probe-tcp.upTo4sNs', 'ns/ns', 'the same, in the next three seconds'),
  measured('probe-tcp.beyond4sNs', 'ns/ns', 'the same, after four seconds'),
  measured('gunzip.compressedBytes', 'ns/compressed byte', 'decompress gzip: per byte that goes in'),
  measured('gunzip.bytes', 'ns/byte', 'decompress gzip: per byte that comes out'),
  measured('sha256.bytes', 'ns/byte', 'hash'),
  measured('read-cached.pages', 'ns/page', 'read a cached page of a file on ext4'),
  measured(
    'read-cold.reads',
    'ns/read',
    'read pages of a file on ext4 that are not cached, from persistent memory',
  ),
  measured('read-cold.pages', 'ns/page', 'the same, for each page'),
  measured('content-commit.bytes', 'ns/byte', 'write a file and flush it'),
];
