/** What is compiled: the strategy, which says by itself that it is the guest, and what a component exports. */

import "../../src/strategy";

export { cabi_realloc, on_event, restore, setup, snapshot } from "ringfence/guest";
