import { Engine } from '../engine/engine.ts';
import { Process, type Flow } from '../engine/process.ts';
import { Randomness } from '../engine/random.ts';
import { Node } from '../host/node.ts';
import type { LinkSettings } from '../net/link.ts';
import type { LoggedRequest } from '../net/registry.ts';
import type { Kernel } from '../pagecache/kernel.ts';
import type { Parameters } from '../parameters/parameters.ts';
import type { Recording, System } from '../systems/system.ts';
import type { Image } from '../systems/image.ts';
import type { Program } from '../workload/program.ts';
import { Container } from './container.ts';
import { memoryLimit } from '../host/parameters.ts';
import type { Observer } from './observer.ts';
import { neededBytes, recordingOf } from './recording.ts';

/** A cold start to predict. */
export interface Scenario {
  readonly system: System;
  readonly image: Image;
  readonly program: Program;
  /** The program with what it touches again, for a start with a memory limit. */
  readonly retouched?: Program | undefined;
  readonly kernel: Kernel;
  readonly net: LinkSettings;
  readonly parameters: Parameters;
  readonly seed: string;
}

/** What it would take; names as in `trio.e2e/1`. */
export interface Outcome {
  readonly deployNs: number;
  readonly runningNs: number;
  readonly readyNs: number;
  readonly totalNs: number;
  readonly net: {
    readonly rxBytes: number;
    readonly rxPackets: number;
    readonly txBytes: number;
    readonly txPackets: number;
  };
  readonly registry: { readonly requests: number; readonly bytes: number };
  /** Unique page bytes of the image's files that the container touched. */
  readonly neededBytes: number;
  /** Bytes from the registry over needed bytes. */
  readonly amplification: number;
  /** Work of the node's processors, in ns of one of them; the registry's too where it works on them. */
  readonly busyNs: number;
  /** Pages that the page cache asked the file system for. */
  readonly requestedPages: number;
  readonly requests: readonly LoggedRequest[];
  readonly events: number;
  /** Chance had a part in it: with another seed it may be another one. */
  readonly isDrawn: boolean;
}

/**
 * Predicts a cold start: the same scenario gives the same outcome, everywhere.
 *
 * @param observer  is told what happens; without one nothing is kept for it
 */
export function simulate(scenario: Scenario, observer?: Observer): Outcome {
  const { net, parameters, image, seed } = scenario;
  const program = programOf(scenario);
  const engine = new Engine();
  const node = new Node(engine, net, parameters, image, new Randomness(seed));
  const { down, up } = node.link;
  if (observer) {
    down.onSend = (bytes, fromNs, toNs) => observer.sent('down', bytes, { fromNs, toNs });
    up.onSend = (bytes, fromNs, toNs) => observer.sent('up', bytes, { fromNs, toNs });
  }
  const recording = recordingOf(program, image);
  const start = new Start({ ...scenario, program }, node, recording, observer);
  const process = new Process(start.flow());
  engine.run();
  const { deployedNs, runningNs, readyNs, container } = start;
  if (!process.hasEnded || !container) throw new Error('the start waits for something that never comes');
  const requests = node.registry.log.filter(({ atNs }) => atNs < readyNs);
  const bytes = requests.reduce((sum, request) => sum + request.bytes, 0);
  const needed = neededBytes(recording);
  return {
    deployNs: deployedNs,
    runningNs: runningNs - deployedNs,
    readyNs: readyNs - runningNs,
    totalNs: readyNs,
    net: { rxBytes: down.bytes, rxPackets: down.packets, txBytes: up.bytes, txPackets: up.packets },
    registry: { requests: requests.length, bytes },
    neededBytes: needed,
    amplification: bytes / needed,
    busyNs: Math.round(node.host.busyNs),
    requestedPages: container.requestedPages,
    requests,
    events: engine.events,
    isDrawn: node.random.isUsed,
  };
}

/** Who sets a limit has read the recording for it (input/scenario.ts). */
function programOf({ parameters, program, retouched }: Scenario): Program {
  if (parameters.get(memoryLimit) === 0) return program;
  if (!retouched) throw new Error(`${memoryLimit} needs the program with what it touches again`);
  return retouched;
}

class Start {
  deployedNs = 0;
  runningNs = 0;
  readyNs = 0;
  container: Container | undefined;
  readonly #scenario: Scenario;
  readonly #node: Node;
  readonly #recording: Recording;
  readonly #observer: Observer | undefined;

  constructor(scenario: Scenario, node: Node, recording: Recording, observer: Observer | undefined) {
    this.#scenario = scenario;
    this.#node = node;
    this.#recording = recording;
    this.#observer = observer;
  }

  *flow(): Flow {
    const { system, image, program, kernel } = this.#scenario;
    const { engine } = this.#node;
    const deployment = yield* system.deploy(this.#node, image, this.#recording);
    this.deployedNs = engine.nowNs;
    const container = new Container(this.#node, deployment.rootFs, program, image, kernel, this.#observer);
    this.container = container;
    if (deployment.mount) yield* deployment.mount();
    yield* container.specification();
    yield* deployment.run();
    yield* container.prelude();
    this.runningNs = engine.nowNs;
    yield* container.untilReady();
    this.readyNs = engine.nowNs;
    // What goes on in the background is not the start's any more.
    engine.stop();
  }
}
