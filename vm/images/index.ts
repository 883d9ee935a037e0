export type { BuiltImage, ImageForm } from './built-image.ts';
export type { Form } from './oci-writer.ts';
export { formatReadiness, parseReadiness, readinessSchema, type Readiness } from './readiness.ts';
export { checkUserImage, userImage, type UserImageOptions } from './user-image.ts';
export { heldOutFolder, listWorkloads, loadWorkload, type Workload } from './workload.ts';
export { workloadImage } from './workload-image.ts';
