//! Trading: what did the single trades, orders and fills come to?
//!
//! In: sums over a run. Out: shares, means and ratios. Must never: judge a trade by anything but its profit after fees.

use crate::statistics::finite;

/// Sums over closed trades. A trade goes from a flat position to the next flat one, or to the turn of its side; its profit
/// is after fees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trades {
    /// Closed trades.
    pub count: u64,
    /// Those with a profit above 0.
    pub wins: u64,
    /// Those with a profit below 0.
    pub losses: u64,
    /// Sum of profits above 0.
    pub won: f64,
    /// Sum of profits below 0, as a positive number.
    pub lost: f64,
    /// Sum of squares of all profits.
    pub squares: f64,
    /// Highest profit; 0 without a win.
    pub best: f64,
    /// Lowest profit; 0 without a loss.
    pub worst: f64,
    /// Sum of holding times in seconds.
    pub held_s: f64,
    /// Most losses in a row.
    pub losing_streak: u64,
    /// Losses in a row now.
    pub streak: u64,
}

impl Trades {
    /// Adds a closed trade.
    pub fn add(&mut self, profit: f64, held_s: f64) {
        self.count += 1;
        self.wins += u64::from(profit > 0.0);
        self.losses += u64::from(profit < 0.0);
        self.won += profit.max(0.0);
        self.lost += (-profit).max(0.0);
        self.squares += profit * profit;
        self.best = self.best.max(profit);
        self.worst = self.worst.min(profit);
        self.held_s += held_s;
        self.streak = if profit < 0.0 { self.streak + 1 } else { 0 };
        self.losing_streak = self.losing_streak.max(self.streak);
    }

    /// Adds the trades of another run, which came behind these; a streak ends where a run does.
    pub fn join(&mut self, later: &Trades) {
        self.count += later.count;
        self.wins += later.wins;
        self.losses += later.losses;
        self.won += later.won;
        self.lost += later.lost;
        self.squares += later.squares;
        self.best = self.best.max(later.best);
        self.worst = self.worst.min(later.worst);
        self.held_s += later.held_s;
        self.losing_streak = self.losing_streak.max(later.losing_streak);
        self.streak = later.streak;
    }

    /// Net profit: `won - lost`.
    #[must_use]
    pub fn net(&self) -> f64 {
        self.won - self.lost
    }
}

/// Hit rate: `wins / trades`.
#[must_use]
pub fn hit_rate(trades: &Trades) -> Option<f64> {
    ratio(count(trades.wins), count(trades.count))
}

/// Profit factor: `sum of wins / sum of losses`.
#[must_use]
pub fn profit_factor(trades: &Trades) -> Option<f64> {
    ratio(trades.won, trades.lost)
}

/// Expectancy: mean profit of a trade.
#[must_use]
pub fn expectancy(trades: &Trades) -> Option<f64> {
    ratio(trades.net(), count(trades.count))
}

/// Mean profit of winning trades.
#[must_use]
pub fn average_win(trades: &Trades) -> Option<f64> {
    ratio(trades.won, count(trades.wins))
}

/// Mean loss of losing trades, below 0.
#[must_use]
pub fn average_loss(trades: &Trades) -> Option<f64> {
    ratio(-trades.lost, count(trades.losses))
}

/// Payoff ratio: `average win / |average loss|`.
#[must_use]
pub fn payoff(trades: &Trades) -> Option<f64> {
    ratio(average_win(trades)?, average_loss(trades)?.abs())
}

/// Kelly fraction (1956) of equal bets: `p - (1 - p) / payoff` with the hit rate `p`.
#[must_use]
pub fn kelly(trades: &Trades) -> Option<f64> {
    let hit = hit_rate(trades)?;
    finite(hit - (1.0 - hit) / payoff(trades)?)
}

/// System quality number (Tharp, 2008): `mean profit / s(profit) * sqrt(trades)`; the t statistic of the mean profit.
#[must_use]
pub fn system_quality(trades: &Trades) -> Option<f64> {
    let n = count(trades.count);
    let mean = expectancy(trades)?;
    let spread = ((trades.squares - n * mean * mean) / (n - 1.0)).max(0.0).sqrt();
    ratio(mean * n.sqrt(), spread)
}

/// Mean holding time in seconds.
#[must_use]
pub fn holding_s(trades: &Trades) -> Option<f64> {
    ratio(trades.held_s, count(trades.count))
}

/// Fill ratio: `filled quantity / ordered quantity`, each valued at the order's reference price.
#[must_use]
pub fn fill_ratio(filled: f64, ordered: f64) -> Option<f64> {
    ratio(filled, ordered)
}

/// Maker share: `value of maker fills / value of all fills`.
#[must_use]
pub fn maker_share(maker: f64, all: f64) -> Option<f64> {
    ratio(maker, all)
}

/// Annual turnover: `value of all fills / mean equity * periods per year / periods`.
#[must_use]
pub fn turnover(traded: f64, mean_equity: f64, years: f64) -> Option<f64> {
    ratio(traded, mean_equity * years)
}

/// Slippage in basis points of the traded value: `cost against the price at dispatch / value * 10000`; positive = worse.
#[must_use]
pub fn slippage_bps(cost: f64, traded: f64) -> Option<f64> {
    ratio(cost * 10_000.0, traded)
}

/// Fees in basis points of the traded value.
#[must_use]
pub fn fees_bps(fees: f64, traded: f64) -> Option<f64> {
    ratio(fees * 10_000.0, traded)
}

/// Participation: `own traded quantity / the market's`.
#[must_use]
pub fn participation(own: f64, market: f64) -> Option<f64> {
    ratio(own, market)
}

/// Capacity: the equity at which the same trades would be `limit` of the market's volume, `equity * limit / participation`.
/// It says nothing about impact below that.
#[must_use]
pub fn capacity(equity: f64, participation: f64, limit: f64) -> Option<f64> {
    ratio(equity * limit, participation)
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    if b == 0.0 { None } else { finite(a / b) }
}

#[expect(clippy::cast_precision_loss, reason = "counts of trades are far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Trades {
        let mut trades = Trades::default();
        [30.0, -10.0, -10.0].iter().for_each(|profit| trades.add(*profit, 10.0));
        trades
    }

    #[test]
    fn three_trades_give_their_figures() {
        let three = three();
        assert_eq!((hit_rate(&three), profit_factor(&three)), (Some(1.0 / 3.0), Some(1.5)));
        assert_eq!((average_win(&three), average_loss(&three), payoff(&three)), (Some(30.0), Some(-10.0), Some(3.0)));
        assert_eq!((expectancy(&three), holding_s(&three)), (Some(10.0 / 3.0), Some(10.0)));
        assert!((kelly(&three).unwrap() - 1.0 / 9.0).abs() < 1e-12);
        // Mean 10/3, deviation sqrt(1600/3).
        assert!(
            (system_quality(&three).unwrap() - 10.0 / 3.0 * 3.0_f64.sqrt() / (1600.0_f64 / 3.0).sqrt()).abs() < 1e-12
        );
    }

    #[test]
    fn the_longest_streak_stays_and_a_trade_without_profit_ends_it() {
        let mut trades = three();
        [0.0, -1.0].iter().for_each(|profit| trades.add(*profit, 0.0));
        assert_eq!((trades.losing_streak, trades.streak, trades.count, trades.losses), (2, 1, 5, 3));
    }

    #[test]
    fn trades_of_two_runs_are_those_of_both() {
        let (mut both, mut one) = (three(), three());
        one.join(&three());
        [30.0, -10.0, -10.0].iter().for_each(|profit| both.add(*profit, 10.0));
        assert_eq!(one, both);
    }

    #[test]
    fn no_trade_has_no_figure() {
        let none = Trades::default();
        let all = [hit_rate, profit_factor, expectancy, average_win, average_loss, payoff, kelly, system_quality];
        assert!(all.iter().all(|figure| figure(&none).is_none()));
    }

    #[test]
    fn ten_times_the_participation_leaves_a_tenth_of_the_capacity() {
        assert_eq!(capacity(1000.0, 0.01, 0.1), Some(10_000.0));
        assert_eq!(capacity(1000.0, 0.1, 0.1), Some(1000.0));
        assert_eq!(capacity(1000.0, 0.0, 0.1), None);
    }
}
