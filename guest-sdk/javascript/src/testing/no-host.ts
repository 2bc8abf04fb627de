/** What stands in tests where the host of a component would be: nobody. Tests give strategies a `Desk` instead. */

function nobody(): never {
  throw new Error("there is no host in a test: run the strategy with the Harness of `ringfence/testing`");
}

export {
  nobody as account,
  nobody as bars,
  nobody as depth,
  nobody as emit,
  nobody as emitOrder,
  nobody as emitSchedule,
  nobody as instrument,
  nobody as openOrders,
  nobody as order,
  nobody as positionOf,
  nobody as topOfBook,
};
