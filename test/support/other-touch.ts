import { Prediction, type PredictionSettings } from '../../sim/pagecache/predict.ts';
import type { FaultRecord, PageRecord } from '../../trio/trace/record-views.ts';
import type { OtherTouch } from '../integration/sim/page-differences.ts';

/** Predicts from a trace as if the program had also touched a page that it did not, or had not touched one. */
export class PredictionWithTouch extends Prediction {
  readonly #touch: OtherTouch;
  #done = false;
  /** The thread whose last fault was left out: what that fault brought into the page cache goes with it. */
  #withoutFault: number | undefined;

  constructor(settings: PredictionSettings, touch: OtherTouch) {
    super(settings);
    this.#touch = touch;
  }

  override fault(record: FaultRecord): void {
    const { path, page, beforePage } = this.#touch;
    const ours = this.#path(record) === path;
    if (beforePage === undefined && ours && record.index === page) {
      this.#withoutFault = record.tid;
      return;
    }
    this.#withoutFault = undefined;
    if (beforePage !== undefined && !this.#done && ours && record.index === beforePage) {
      this.#done = true;
      super.fault(touchOf(record, page));
    }
    super.fault(record);
  }

  override insert(record: PageRecord): void {
    if (record.tid !== this.#withoutFault) super.insert(record);
  }

  #path(record: FaultRecord): string | undefined {
    const file = this.files.openFiles[record.fileId];
    return file && this.files.of(file.inode).path;
  }
}

/** The record with another page of the same mapping. */
function touchOf(record: FaultRecord, page: number): FaultRecord {
  return Object.create(record, {
    index: { value: page },
    addressPage: { value: record.addressPage + page - record.index },
  }) as FaultRecord;
}
