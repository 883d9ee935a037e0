import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { usageError } from '../errors.ts';
import { buildRuntimeImage, type BuildReport, type Note } from '../image/build.ts';
import { names } from '../image/contents.ts';
import { openImage, parseLayoutSpec } from '../image/oci-layout.ts';
import { exportOpenEuler } from '../image/openeuler.ts';
import { dataOrders, type DataOrder } from '../image/plan.ts';
import { dropReasons } from '../image/recording.ts';
import { openDirectory } from '../image/rootfs-directory.ts';
import { openLayers } from '../image/rootfs-oci.ts';
import type { Rootfs } from '../image/rootfs.ts';
import { describeName, summarize, type ImageSummary } from '../image/summary.ts';
import { openMeta, verifyRuntimeImage } from '../image/verify.ts';
import { readStartTrace } from '../trace/read.ts';
import type { StartSink } from '../trace/sink.ts';
import { withProgress } from './progress.ts';

/** What build and export start from. */
interface Input {
  readonly trace: readonly string[];
  readonly rootfs?: string;
  readonly image?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** `trio image …` */
export function imageCommands(): Command[] {
  return [buildCommand(), inspectCommand(), verifyCommand(), exportCommand()];
}

/** `trio image build`: the runtime image of a traced start. */
function buildCommand(): Command {
  return withInput(new Command('build'))
    .description('build the runtime image of a start: trio_meta and trio_data')
    .addOption(new Option('--order <order>', 'order of the data').choices(dataOrders).default('first-access'))
    .addHelpText(
      'after',
      '\nExample:\n  $ trio image build --trace trace.txt --image oci:./image:latest --out runtime',
    )
    .action(async (input: Input & { order: DataOrder }) => {
      const { report, warnings } = await withProgress(async (note) => {
        const rootfs = await openRootfs(input, note);
        const trace = feedFrom(input.trace);
        const report = await buildRuntimeImage(rootfs, trace.feed, input.out, input.order, note);
        return { report, warnings: trace.warnings };
      });
      warn(warnings);
      print(input.json ? toJson({ ...report, warnings }) : describeBuild(report));
    });
}

/** `trio image export`: the same start for another system. */
function exportCommand(): Command {
  return withInput(new Command('export'))
    .description("arrange a start as another system's files")
    .addOption(
      new Option('--format <format>', 'openeuler: the pair that EROFS mounts, each named by its SHA-256')
        .choices(['openeuler'])
        .makeOptionMandatory(),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ trio image export --format openeuler --trace trace.txt --rootfs /mnt/rootfs --out pair',
    )
    .action(async (input: Input) => {
      const { pair, warnings } = await withProgress(async (note) => {
        const rootfs = await openRootfs(input, note);
        const trace = feedFrom(input.trace);
        return { pair: await exportOpenEuler(rootfs, trace.feed, input.out, note), warnings: trace.warnings };
      });
      warn(warnings);
      if (input.json) print(toJson({ ...pair, warnings }));
      else
        print(
          `trio_meta  ${pair.metaName}\ntrio_data  ${pair.dataName}\n` +
            `${pair.files} files, ${pair.ranges} ranges, ${pair.dataBytes} bytes of data`,
        );
    });
}

/** `trio image inspect`: what is in a runtime image, from its metadata alone. */
function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what a runtime image holds (its data are not read)')
    .argument('<folder>', 'the folder with trio_meta')
    .option('--names', 'list every name: layer, mode, owner, bytes, recorded pages, path')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trio image inspect runtime --names')
    .action(async (folder: string, { names: list, json }: { names?: boolean; json?: boolean }) => {
      const meta = await openMeta(folder);
      const summary = summarize(meta);
      const lines = list ? Array.from(names(meta), (entry) => describeName(meta, entry)) : undefined;
      if (json) print(toJson(lines ? { ...summary, names: lines } : summary));
      else print([describeSummary(summary), ...(lines ?? [])].join('\n'));
    });
}

/** `trio image verify`: reads all of a runtime image. */
function verifyCommand(): Command {
  return new Command('verify')
    .description('check every record, checksum and page of a runtime image')
    .argument('<folder>', 'the folder with trio_meta and trio_data')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trio image verify runtime')
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const meta = await withProgress((note) => verifyRuntimeImage(folder, note));
      const { imageId, pages, extents } = summarize(meta);
      if (json) print(toJson({ ok: true, imageId, pages, extents }));
      else print(`ok: ${imageId}, ${extents} extents, ${pages} pages`);
    });
}

function withInput(command: Command): Command {
  return command
    .requiredOption('--trace <file...>', 'a trace, text or rich; the streams of all CPUs, or their folder')
    .option('--rootfs <dir>', 'the root file system as a directory')
    .option('--image <image>', 'the image in an OCI layout, oci:DIR:TAG (its layers are not unpacked)')
    .requiredOption('--out <dir>', 'where to write')
    .option('--json', 'print JSON');
}

async function openRootfs({ rootfs, image }: Input, note: Note): Promise<Rootfs> {
  if ((rootfs === undefined) === (image === undefined))
    throw usageError(
      'BAD_ROOTFS',
      'say where the files are: --rootfs DIR or --image oci:DIR:TAG, one of them',
    );
  if (rootfs !== undefined) {
    note(`listing ${rootfs}`);
    return openDirectory(rootfs);
  }
  const { folder, tag } = parseLayoutSpec(image ?? '');
  const opened = await openImage(folder, tag);
  return openLayers(opened, (layer) => note(`listing layer ${layer + 1} of ${opened.layers.length}`));
}

function feedFrom(paths: readonly string[]) {
  const warnings: string[] = [];
  const feed = async (sink: StartSink) => {
    warnings.push(...(await readStartTrace(paths, sink)).warnings);
  };
  return { feed, warnings };
}

function describeBuild(report: BuildReport): string {
  const layers = newTable(['layer', 'files', 'pages'], ['left', 'right', 'right']);
  for (const { diffId, files, pages } of report.layers) layers.push([diffId, files, pages]);
  const dropped = report.dropped.map(
    ({ reason, accesses, paths, example }) =>
      `left out    ${accesses} accesses to ${paths} paths: ${dropReasons[reason]} (${example})`,
  );
  return [
    `image       ${report.imageId}`,
    `needed      ${report.neededBytes} bytes in ${report.pages} pages of ${report.files} files`,
    `data        ${report.dataBytes} bytes in ${report.extents} extents`,
    `metadata    ${report.metaBytes} bytes`,
    ...dropped,
    layers.toString(),
  ].join('\n');
}

function describeSummary(summary: ImageSummary): string {
  const layers = newTable(
    ['layer', 'inodes', 'names', 'missing', 'files', 'pages'],
    ['left', 'right', 'right', 'right', 'right', 'right'],
  );
  for (const { diffId, inodes, names: known, missingNames, files, pages } of summary.layers)
    layers.push([diffId, inodes, known, missingNames, files, pages]);
  return [
    `image       ${summary.imageId}`,
    `data        ${summary.dataBytes} bytes in ${summary.extents} extents, ${summary.dataSha256}`,
    `metadata    ${summary.metaBytes} bytes`,
    layers.toString(),
  ].join('\n');
}

function newTable(head: string[], colAligns: ('left' | 'right')[]) {
  return new Table({ head, colAligns, style: { head: [], border: [] } });
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`trio: warning: ${warning}\n`);
}

const toJson = (value: unknown) => JSON.stringify(value, null, 2);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
