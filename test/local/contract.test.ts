// One file to vitest, as the last part looks back at every answer that the others have had.
import "./contract/creation.ts";
import "./contract/bodies.ts";
import "./contract/batches.ts";
import "./contract/finished.ts";
import "./contract/running.ts";
import "./contract/waiting.ts";
import "./contract/failures.ts";
import "./contract/refusals.ts";
import "./contract/limits.ts";
import "./contract/document.ts";
