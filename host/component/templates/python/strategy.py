"""On which side of the market, by the cross of two exponential moving averages of trade prices?

Long while the fast average is at or above the slow one, short otherwise; flat before `slow` trades have come.
Parameters: `fast` and `slow` (trades, 50 and 200 unless given), `qty` (units of the instrument).
"""

from ringfence import Ctx, Instrument, Params, Plan, SetupError, Strategy, Trade, export
from ringfence.indicators import Ema


class EmaCross(Strategy):
    """Holds the two averages, and the size that it trades."""

    # Made of parameters: not kept over a restart, so that new ones are in force after a swap.
    not_kept = ("size",)

    def setup(self, params: Params, instruments: list[Instrument]) -> Plan:
        """Reads the parameters; makes everything that is kept."""
        if not instruments:
            raise SetupError("needs one instrument")
        instrument = instruments[0]
        self.fast = Ema(params.count("fast", 50))
        self.slow = Ema(params.count("slow", 200))
        self.size = params.qty("qty", instrument)
        return Plan().trades(instrument.id)

    def on_trade(self, ctx: Ctx, trade: Trade) -> None:
        """Turns the position where the averages crossed."""
        is_up = self.fast.update(trade.price) >= self.slow.update(trade.price)
        if not self.slow.is_warm:
            return
        size = self.size if ctx.position == 0 else 2 * self.size
        if is_up and ctx.position <= 0:
            ctx.buy(size)
        elif not is_up and ctx.position >= 0:
            ctx.sell(size)


Guest = export(EmaCross)
