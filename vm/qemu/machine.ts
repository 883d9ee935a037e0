import { join } from 'node:path';
import type { GuestDisk } from '../guests/disk.ts';

/** Guest memory, in bytes. */
export const ramBytes = 4 * 2 ** 30;

/**
 * The CPU is a model choice and part of every result. No random numbers from the host (rdrand, rdseed); no `rep movsb`
 * string moves (erms, fsrm: they count one instruction a byte); smap and la57 cost emulation time and measure nothing.
 */
export const cpuModel = 'max,-rdrand,-rdseed,-erms,-fsrm,-smap,-la57';

/** One instruction is one nanosecond; idle time is skipped. */
export const icount = 'shift=0,sleep=off';

/** `nokaslr norandmaps`: the same addresses in each boot. `panic=-1` with `-no-reboot` ends QEMU at once. */
export const kernelArguments = 'console=ttyS0 quiet loglevel=4 panic=-1 nokaslr norandmaps';

/** Sizes of the two small devices that every machine has, in bytes: what a template is made with must never change. */
export const payloadBytes = 128 * 2 ** 20;
export const outputBytes = 2 ** 30;

/** The files behind a machine's memory. */
export interface MachineFiles {
  readonly ram: string;
  readonly rootDisk: string;
  readonly registryDisk: string;
  /** The disks' sizes are part of the machine. */
  readonly registryDiskBytes: number;
  /** A tar of what only some scenarios need (kernel modules): their content may change, the template stays. */
  readonly payload: string;
  /** Where the guest writes what is too large for a serial port, as a tar. */
  readonly output: string;
  /** Where the kernel's console and the protocol are written. */
  readonly console: string;
  readonly protocol: string;
  readonly scenario: string;
}

/**
 * QEMU's arguments for a guest. Template and resume use the same machine; only `shared` differs: a template's memory
 * and disk are written through to their files, a resumed machine's changes are private to it.
 *
 * There is no asynchronous device: the disks are memory (NVDIMM), there is no network card, and the serial ports
 * write to files, which never block.
 *
 * @param firmware  QEMU's data folders
 */
export function machineArguments(
  guest: GuestDisk,
  files: MachineFiles,
  firmware: readonly string[],
  options: {
    shared: boolean;
    /** Whether what the guest writes to `output` reaches the file. */
    keepOutput?: boolean;
    interactive?: boolean;
    extraKernelArguments?: string;
  },
): string[] {
  const share = options.shared ? 'on' : 'off';
  return [
    ...firmware.flatMap((folder) => ['-L', folder]),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-no-reboot'],
    ...['-name', 'trio,debug-threads=on'], // the guard finds the CPU's thread by its name
    ...['-machine', 'q35,nvdimm=on,memory-backend=ram', '-accel', 'tcg', '-cpu', cpuModel, '-smp', '1'],
    ...['-icount', icount, '-rtc', 'base=2025-03-30T00:00:00,clock=vm'],
    ...['-m', `${ramBytes / 2 ** 20}M,slots=4,maxmem=64G`],
    ...['-object', memoryFile('ram', files.ram, ramBytes, `share=${share}`)],
    ...['-object', memoryFile('root', files.rootDisk, guest.diskBytes, `share=${share}`)],
    ...['-device', 'nvdimm,memdev=root,id=nv0'],
    ...[
      '-object',
      memoryFile('registry', files.registryDisk, files.registryDiskBytes, 'share=on,readonly=on'),
    ],
    ...['-device', 'nvdimm,memdev=registry,id=nv1,unarmed=on'],
    ...['-object', memoryFile('payload', files.payload, payloadBytes, 'share=on,readonly=on')],
    ...['-device', 'nvdimm,memdev=payload,id=nv2,unarmed=on'],
    ...[
      '-object',
      memoryFile('output', files.output, outputBytes, `share=${options.keepOutput ? 'on' : share}`),
    ],
    ...['-device', 'nvdimm,memdev=output,id=nv3'],
    ...['-device', 'pvpanic', '-device', 'i6300esb'],
    ...['-fw_cfg', `name=opt/trio/scenario,file=${files.scenario}`],
    ...(options.interactive
      ? ['-chardev', 'stdio,id=console,signal=off']
      : ['-chardev', `file,id=console,path=${files.console}`]),
    ...['-chardev', `file,id=protocol,path=${files.protocol}`],
    ...['-serial', 'chardev:console', '-serial', 'chardev:protocol'],
    ...['-kernel', guest.kernel, '-initrd', guest.initrd],
    ...['-append', [kernelArguments, options.extraKernelArguments].filter(Boolean).join(' ')],
  ];
}

function memoryFile(id: string, path: string, bytes: number, flags: string): string {
  return `memory-backend-file,id=${id},mem-path=${path.replaceAll(',', ',,')},size=${bytes},${flags}`;
}

/** The machine's files in one folder. */
export function machineFiles(dir: string, registryDisk: string, registryDiskBytes: number): MachineFiles {
  return {
    ram: join(dir, 'ram.img'),
    rootDisk: join(dir, 'disk.img'),
    registryDisk,
    registryDiskBytes,
    payload: join(dir, 'payload.img'),
    output: join(dir, 'output.img'),
    console: join(dir, 'console.log'),
    protocol: join(dir, 'protocol.ndjson'),
    scenario: join(dir, 'scenario.json'),
  };
}
