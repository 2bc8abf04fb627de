//! Question: what becomes of a host whose strategy talks without end?
//!
//! In: every trade of the first instrument. Out: at the first `calls` trades a thousand intents each, or notes made to
//! look like something else.

use ringfence_sdk::{Archive, Ctx, EmitError, Handled, Instrument, Params, Plan, Qty, SetupError, Strategy, Trade};

/// Parameters: `calls` (the trades it floods at) and `what` (`orders`, `notes`, `long-note` or `forgery`).
#[derive(Debug)]
pub struct Flooder {
    calls: u32,
    what: What,
    lot: Qty,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Orders,
    Notes,
    LongNote,
    Forgery,
}

const ALL: [(&str, What); 4] =
    [("orders", What::Orders), ("notes", What::Notes), ("long-note", What::LongNote), ("forgery", What::Forgery)];

/// Far more than a host takes of one call.
const INTENTS: u32 = 1_000;

/// Texts that would pass for lines of a host which printed them as they are.
const FORGERIES: [&str; 6] = [
    "line one\n2 1970-01-01 ALLOWED order 999 approved by risk",
    "\"}\n{\"kind\":\"dispatched\",\"order\":999}",
    "\u{1b}[2J\u{1b}[1;1Hcleared",
    "carriage\rreturn\tand\u{8}back",
    "\u{2028}separator\u{202e}reversed",
    "\u{9b}2Jcleared_as_well",
];

impl Strategy for Flooder {
    fn setup(params: &Params, instruments: &[Instrument]) -> Result<(Self, Plan), SetupError> {
        let instrument = instruments.first().ok_or_else(|| SetupError::other("needs one instrument"))?;
        let calls = params.count("calls", 1..=1_000_000)?;
        let what = ALL[params.choice("what", &ALL.map(|(name, _)| name))?].1;
        Ok((Self { calls, what, lot: instrument.lot }, Plan::new().trades(instrument.id)))
    }

    fn state(&mut self, archive: &mut Archive<'_>) {
        archive.item(&mut self.calls);
    }

    fn on_trade(&mut self, ctx: &mut Ctx<'_>, _: &Trade) -> Handled {
        let Some(left) = self.calls.checked_sub(1) else { return Ok(()) };
        self.calls = left;
        match self.what {
            What::Orders => self.orders(ctx),
            What::Notes => (0..INTENTS).for_each(|_| heedless(ctx.note("x".repeat(512)))),
            What::LongNote => match ctx.note("x".repeat(513)) {
                Ok(_) => panic!("a note of 513 bytes was taken"),
                Err(refusal) => heedless(ctx.note(refusal.name())),
            },
            What::Forgery => FORGERIES.into_iter().for_each(|text| heedless(ctx.note(text))),
        }
        Ok(())
    }
}

impl Flooder {
    /// Buys and sells in turn, whatever the host answers.
    fn orders(&self, ctx: &mut Ctx<'_>) {
        let instrument = ctx.instrument();
        for turn in 0..INTENTS {
            let order = if turn % 2 == 0 { ctx.buy(instrument, self.lot) } else { ctx.sell(instrument, self.lot) };
            heedless(order.send());
        }
    }
}

/// What a flooder does with an answer.
fn heedless<T>(answer: Result<T, EmitError>) {
    drop(answer);
}

ringfence_sdk::export!(Flooder);
