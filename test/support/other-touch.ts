import { Prediction, type PredictionSettings } from '../../sim/pagecache/predict.ts';
import type { FaultRecord } from '../../trio/trace/record-views.ts';
import type { OtherTouch } from '../integration/sim/page-differences.ts';

/** Predicts from a trace as if the program had also touched a page that it did not, or had not touched one. */
export class PredictionWithTouch extends Prediction {
  readonly #touch: OtherTouch;
  #done = false;

  constructor(settings: PredictionSettings, touch: OtherTouch) {
    super(settings);
    this.#touch = touch;
  }

  override fault(record: FaultRecord): void {
    const { path, page, beforePage } = this.#touch;
    if (beforePage === undefined && record.index === page && this.#path(record) === path) return;
    if (!this.#done && record.index === beforePage && this.#path(record) === path) {
      this.#done = true;
      super.fault(touchOf(record, page));
    }
    super.fault(record);
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
