import Table from 'cli-table3';
import { Command } from 'commander';
import { openImage, parseLayoutSpec, type OciImage } from '../image/oci-layout.ts';
import { verifyImage } from '../image/oci-verify.ts';

/** `trio oci inspect`: what is in an image, from its JSON alone. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('show what an image in an OCI layout is made of (layers are not read)')
    .argument('<image>', 'oci:DIR:TAG; without TAG the only image of the layout')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trio oci inspect oci:./image:latest --json')
    .action(async (spec: string, { json }: { json?: boolean }) => {
      const image = await open(spec);
      print(json ? JSON.stringify(image, null, 2) : describe(image));
    });
}

/** `trio oci verify`: reads every blob and holds it against its descriptor. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check size, digest and content of every blob of an image in an OCI layout')
    .argument('<image>', 'oci:DIR:TAG; without TAG the only image of the layout')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ trio oci verify oci:./image:latest')
    .action(async (spec: string, { json }: { json?: boolean }) => {
      const image = await open(spec);
      await verifyImage(image);
      const { manifest, layers } = image;
      const bytes = totalBytes(image);
      if (json) print(JSON.stringify({ ok: true, manifest: manifest.digest, layers: layers.length, bytes }));
      else print(`ok: ${manifest.digest}, ${layers.length} layers, ${bytes} bytes`);
    });
}

async function open(spec: string): Promise<OciImage> {
  const { folder, tag } = parseLayoutSpec(spec);
  return openImage(folder, tag);
}

function totalBytes({ manifest, config, layers }: OciImage): number {
  return [manifest, config, ...layers].reduce((sum, part) => sum + part.sizeBytes, 0);
}

function describe(image: OciImage): string {
  const table = new Table({
    head: ['layer', 'bytes', 'compression'],
    colAligns: ['left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const layer of image.layers) table.push([layer.digest, layer.sizeBytes, layer.compression]);
  const words = (list: readonly string[]) => (list.length > 0 ? JSON.stringify(list) : '(none)');
  return [
    `manifest    ${image.manifest.digest} (${image.manifest.mediaType})`,
    `tag         ${image.tag}`,
    `entrypoint  ${words(image.entrypoint)}`,
    `cmd         ${words(image.cmd)}`,
    `total       ${totalBytes(image)} bytes`,
    table.toString(),
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
