//! View: what does the board look like on a terminal?
//!
//! In: the board, what the user looks at. Out: one frame. Must never: ask anything, or depend on the time.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Row, Table};

use super::board::{Board, Build, StrategyLine};
use super::news::Tone;
use crate::report::results::grouped;

/// What the user looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Lines of the lowest part that are above its first.
    pub(crate) scroll: usize,
    /// Whether the keys are shown.
    pub(crate) is_help: bool,
}

/// Keys and what they do, as the help shows them.
const KEYS: &[(&str, &str)] = &[
    ("q, Ctrl-C", "end the session: the journal is sealed"),
    ("p, space", "let the market stand still, or go on"),
    ("+ -", "faster, slower"),
    ("r", "build again"),
    ("up, down, page up, page down", "scroll what is below"),
    ("?", "this list"),
];

/// Draws everything.
pub(crate) fn draw(frame: &mut Frame<'_>, board: &Board, look: Look) {
    let strategies = u16::try_from(board.strategies.len().clamp(1, 6)).expect("at most 6") + 2;
    let held = u16::try_from((board.positions.len().max(board.orders.len())).clamp(1, 4)).expect("at most 4") + 1;
    let denials = u16::try_from(board.denials.len().min(3)).expect("at most 3");
    let denials = if denials == 0 { 0 } else { denials + 1 };
    let parts = [
        Constraint::Length(2),
        Constraint::Length(strategies),
        Constraint::Length(held),
        Constraint::Min(4),
        Constraint::Length(denials),
        Constraint::Length(if board.reloads.is_empty() { 0 } else { 3 }),
        Constraint::Percentage(if matches!(board.build, Build::Failed(_)) { 50 } else { 25 }),
        Constraint::Length(1),
    ];
    let [head, table, holdings, intents, denied, reloads, below, foot] = Layout::vertical(parts).areas(frame.area());
    frame.render_widget(Paragraph::new(header(board)), head);
    frame.render_widget(strategy_table(board), table);
    draw_holdings(frame, board, holdings);
    draw_list(frame, "intents, the last first", intent_lines(board), intents);
    draw_list(frame, "denials by rule", denial_lines(board), denied);
    draw_list(frame, &reload_title(board), last_lines(board), reloads);
    draw_below(frame, board, look, below);
    frame.render_widget(Paragraph::new(footer(board)), foot);
    if look.is_help {
        draw_help(frame);
    }
}

/// Most lines that the part below can be scrolled by.
pub(crate) fn scroll_max(board: &Board) -> usize {
    match &board.build {
        Build::Failed(text) => text.lines().count().saturating_sub(1),
        Build::Fine | Build::UnderWay => board.news.len().saturating_sub(1),
    }
}

fn colour(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Bad => Style::new().fg(Color::Red),
    }
}

fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn header(board: &Board) -> Vec<Line<'_>> {
    let state = if board.is_paused { "paused" } else { "runs" };
    let counts = format!("  rows {}  events {}", grouped(board.rows), grouped(board.events));
    vec![
        Line::from(vec![
            Span::styled(board.title.as_str(), bold()),
            Span::styled(format!("  {}", board.market), dim()),
            Span::raw(format!("  {state} at {}", board.speed)),
        ]),
        Line::from(vec![Span::raw(board.time.as_str()), Span::styled(counts, dim())]),
    ]
}

fn title(text: &str) -> Block<'_> {
    Block::new().borders(Borders::TOP).border_style(dim()).title(Span::styled(format!(" {text} "), dim()))
}

fn strategy_table(board: &Board) -> Table<'_> {
    let names =
        ["strategy", "state", "equity", "profit", "fees", "orders", "calls", "fuel p50", "p99", "max", "budget"];
    let widths = [14, 12, 14, 12, 10, 6, 9, 9, 9, 9, 7].map(Constraint::Length);
    let rows = board.strategies.iter().map(strategy_row);
    Table::new(rows, widths)
        .header(Row::new(names).style(dim()))
        .block(Block::new().borders(Borders::TOP).border_style(dim()))
}

fn strategy_row(line: &StrategyLine) -> Row<'_> {
    let fuel = line.fuel;
    let share = if fuel.budget == 0 { 0 } else { u128::from(fuel.max) * 100 / u128::from(fuel.budget) };
    let tone = if line.state == "runs" { Tone::Plain } else { Tone::Bad };
    let profit = if line.profit.starts_with('-') { Tone::Bad } else { Tone::Good };
    Row::new([
        Span::raw(line.name.as_str()),
        Span::styled(line.state.as_str(), colour(tone)),
        Span::raw(line.equity.as_str()),
        Span::styled(line.profit.as_str(), colour(profit)),
        Span::raw(line.fees.as_str()),
        Span::raw(line.open_orders.to_string()),
        Span::raw(grouped(fuel.calls)),
        Span::raw(grouped(fuel.p50)),
        Span::raw(grouped(fuel.p99)),
        Span::raw(grouped(fuel.max)),
        Span::raw(format!("{share}%")),
    ])
}

fn draw_holdings(frame: &mut Frame<'_>, board: &Board, area: Rect) {
    let [left, right] = Layout::horizontal([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(area);
    let positions = board
        .positions
        .iter()
        .map(|[strategy, instrument, qty, mark]| Line::raw(format!("{strategy}  {instrument}  {qty} @ {mark}")));
    draw_list(frame, "positions, at their marks", or_nothing(positions), left);
    draw_list(frame, "open orders", or_nothing(board.orders.iter().map(|order| Line::raw(order.as_str()))), right);
}

fn or_nothing<'a>(lines: impl Iterator<Item = Line<'a>>) -> Vec<Line<'a>> {
    let lines: Vec<Line<'a>> = lines.collect();
    if lines.is_empty() { vec![Line::styled("none", dim())] } else { lines }
}

fn draw_list(frame: &mut Frame<'_>, name: &str, lines: Vec<Line<'_>>, area: Rect) {
    frame.render_widget(Paragraph::new(lines).block(title(name)), area);
}

fn intent_lines(board: &Board) -> Vec<Line<'_>> {
    or_nothing(board.intents.iter().rev().map(|intent| {
        let number = format!("{:>8}  ", format!("{}/{}", intent.of.0.0, intent.of.1.0));
        Line::from(vec![
            Span::styled(number, dim()),
            Span::raw(intent.what.as_str()),
            Span::raw("  "),
            Span::styled(intent.fate.as_str(), colour(intent.tone)),
        ])
    }))
}

fn denial_lines(board: &Board) -> Vec<Line<'_>> {
    let shown = |(code, (count, text)): (&&str, &(u64, String))| {
        Line::from(vec![
            Span::styled(format!("{:>8}  {code}  ", grouped(*count)), colour(Tone::Bad)),
            Span::raw(text.trim_start_matches(code).trim_start().to_owned()),
        ])
    };
    board.denials.iter().map(shown).collect()
}

fn reload_title(board: &Board) -> String {
    format!("reloads: {} swapped, {} refused", grouped(board.swaps), grouped(board.refusals))
}

fn last_lines(board: &Board) -> Vec<Line<'_>> {
    board.reloads.iter().rev().take(2).map(|line| Line::raw(line.as_str())).collect()
}

fn draw_below(frame: &mut Frame<'_>, board: &Board, look: Look, area: Rect) {
    let skipped = look.scroll.min(scroll_max(board));
    match &board.build {
        Build::Failed(text) => {
            let name = format!(
                "it does not build, the old component goes on; line {} of {}",
                skipped + 1,
                text.lines().count()
            );
            let lines =
                text.lines().skip(skipped).map(|line| Line::styled(line.replace('\t', "    "), colour(Tone::Bad)));
            draw_list(frame, &name, lines.collect(), area);
        }
        Build::Fine | Build::UnderWay => {
            let name = if board.build == Build::UnderWay { "news (it is being built)" } else { "news, the last first" };
            let lines = board.news.iter().rev().skip(skipped);
            draw_list(
                frame,
                name,
                lines.map(|(tone, line)| Line::styled(line.as_str(), colour(*tone))).collect(),
                area,
            );
        }
    }
}

fn footer(board: &Board) -> Line<'_> {
    Line::from(vec![
        Span::styled("q quit  p pause  + - speed  r rebuild  ? help", bold()),
        Span::styled(format!("   journal {}", board.journal), dim()),
    ])
}

fn draw_help(frame: &mut Frame<'_>) {
    let whole = frame.area();
    let (width, height) = (whole.width.min(72), whole.height.min(u16::try_from(KEYS.len()).expect("few") + 2));
    let area = Rect { x: (whole.width - width) / 2, y: (whole.height - height) / 2, width, height };
    let lines = KEYS.iter().map(|(key, what)| Line::raw(format!(" {key:<30} {what}"))).collect::<Vec<_>>();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" keys ")), area);
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ringfence_core::ids::{IntentId, StrategyId};

    use super::*;
    use crate::dev::board::{FuelLine, IntentLine};

    fn board() -> Board {
        let fuel = FuelLine { calls: 1_234_567, p50: 188, p99: 190, max: 2_048, budget: 10_000 };
        let strategy = StrategyLine {
            name: "my-cross".to_owned(),
            state: "runs".to_owned(),
            equity: "9998228.3721".to_owned(),
            profit: "-1771.6279".to_owned(),
            fees: "1291.6279".to_owned(),
            open_orders: 1,
            fuel,
        };
        let mut board = Board {
            title: "my-cross".to_owned(),
            market: "GENERATED from seed 1".to_owned(),
            journal: "target/dev/1".to_owned(),
            time: "2023-11-14T22:14:05.123Z".to_owned(),
            rows: 12_345,
            events: 12_456,
            speed: "1x".to_owned(),
            strategies: vec![strategy],
            positions: vec![["my-cross", "X:SPY", "100", "170.02"].map(str::to_owned)],
            orders: vec!["order=1/8 side=buy qty=100".to_owned()],
            ..Board::default()
        };
        for (number, fate, tone) in [
            (7, "filled 100 @ 170.01", Tone::Good),
            (8, "denied D-ORDER-QTY-MAX limit=100 value=200 allowed=100", Tone::Bad),
        ] {
            let of = (StrategyId(1), IntentId(number));
            board.intent(IntentLine { of, what: "submit X:SPY buy qty=100".to_owned(), fate: fate.to_owned(), tone });
        }
        board
    }

    #[track_caller]
    fn check(board: &Board, look: Look, want: &Expect) {
        let mut terminal = Terminal::new(TestBackend::new(118, 24)).expect("memory");
        terminal.draw(|frame| draw(frame, board, look)).expect("memory");
        let text = terminal.backend().to_string();
        let lines: Vec<&str> = text.lines().map(|line| line.trim_matches('"').trim_end()).collect();
        want.assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_session_under_way() {
        let mut board = board();
        board.news.push_back((Tone::Good, "fill         qty=100 price=170.01".to_owned()));
        check(
            &board,
            Look::default(),
            &expect![[r#"
            my-cross  GENERATED from seed 1  runs at 1x
            2023-11-14T22:14:05.123Z  rows 12,345  events 12,456
            ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            strategy      state        equity       profit       fees       orders calls     fuel p50  p99       max       budget
            my-cross      runs         9998228.3721 -1771.6279   1291.6279  1      1,234,567 188       190       2,048     20%
             positions, at their marks ────────────────────────── open orders ────────────────────────────────────────────────────
            my-cross  X:SPY  100 @ 170.02                        order=1/8 side=buy qty=100
             intents, the last first ─────────────────────────────────────────────────────────────────────────────────────────────
                 1/8  submit X:SPY buy qty=100  denied D-ORDER-QTY-MAX limit=100 value=200 allowed=100
                 1/7  submit X:SPY buy qty=100  filled 100 @ 170.01







             news, the last first ────────────────────────────────────────────────────────────────────────────────────────────────
            fill         qty=100 price=170.01




            q quit  p pause  + - speed  r rebuild  ? help   journal target/dev/1"#]],
        );
    }

    #[test]
    fn denials_reloads_and_a_pause() {
        let mut board = board();
        board.is_paused = true;
        board.denial("D-ORDER-QTY-MAX", "D-ORDER-QTY-MAX limit=100 value=200 allowed=100".to_owned());
        board.reloads.push_back("swapped      strategy=my-cross pause_us=31".to_owned());
        (board.swaps, board.refusals) = (1, 2);
        check(
            &board,
            Look::default(),
            &expect![[r#"
            my-cross  GENERATED from seed 1  paused at 1x
            2023-11-14T22:14:05.123Z  rows 12,345  events 12,456
            ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            strategy      state        equity       profit       fees       orders calls     fuel p50  p99       max       budget
            my-cross      runs         9998228.3721 -1771.6279   1291.6279  1      1,234,567 188       190       2,048     20%
             positions, at their marks ────────────────────────── open orders ────────────────────────────────────────────────────
            my-cross  X:SPY  100 @ 170.02                        order=1/8 side=buy qty=100
             intents, the last first ─────────────────────────────────────────────────────────────────────────────────────────────
                 1/8  submit X:SPY buy qty=100  denied D-ORDER-QTY-MAX limit=100 value=200 allowed=100
                 1/7  submit X:SPY buy qty=100  filled 100 @ 170.01


             denials by rule ─────────────────────────────────────────────────────────────────────────────────────────────────────
                   1  D-ORDER-QTY-MAX  limit=100 value=200 allowed=100
             reloads: 1 swapped, 2 refused ───────────────────────────────────────────────────────────────────────────────────────
            swapped      strategy=my-cross pause_us=31

             news, the last first ────────────────────────────────────────────────────────────────────────────────────────────────





            q quit  p pause  + - speed  r rebuild  ? help   journal target/dev/1"#]],
        );
    }

    #[test]
    fn what_a_compiler_says_is_shown_and_scrolled() {
        let mut board = board();
        let text: Vec<String> = (1..=30).map(|line| format!("error line {line}")).collect();
        board.build = Build::Failed(text.join("\n"));
        check(
            &board,
            Look { scroll: 3, is_help: false },
            &expect![[r#"
            my-cross  GENERATED from seed 1  runs at 1x
            2023-11-14T22:14:05.123Z  rows 12,345  events 12,456
            ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            strategy      state        equity       profit       fees       orders calls     fuel p50  p99       max       budget
            my-cross      runs         9998228.3721 -1771.6279   1291.6279  1      1,234,567 188       190       2,048     20%
             positions, at their marks ────────────────────────── open orders ────────────────────────────────────────────────────
            my-cross  X:SPY  100 @ 170.02                        order=1/8 side=buy qty=100
             intents, the last first ─────────────────────────────────────────────────────────────────────────────────────────────
                 1/8  submit X:SPY buy qty=100  denied D-ORDER-QTY-MAX limit=100 value=200 allowed=100
                 1/7  submit X:SPY buy qty=100  filled 100 @ 170.01

             it does not build, the old component goes on; line 4 of 30 ──────────────────────────────────────────────────────────
            error line 4
            error line 5
            error line 6
            error line 7
            error line 8
            error line 9
            error line 10
            error line 11
            error line 12
            error line 13
            error line 14
            q quit  p pause  + - speed  r rebuild  ? help   journal target/dev/1"#]],
        );
        assert_eq!(scroll_max(&board), 29);
    }

    #[test]
    fn the_keys_are_shown_above_everything() {
        check(
            &board(),
            Look { scroll: 0, is_help: true },
            &expect![[r#"
            my-cross  GENERATED from seed 1  runs at 1x
            2023-11-14T22:14:05.123Z  rows 12,345  events 12,456
            ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
            strategy      state        equity       profit       fees       orders calls     fuel p50  p99       max       budget
            my-cross      runs         9998228.3721 -1771.6279   1291.6279  1      1,234,567 188       190       2,048     20%
             positions, at their marks ────────────────────────── open orders ────────────────────────────────────────────────────
            my-cross  X:SPY  100 @ 170.02                        order=1/8 side=buy qty=100
             intents, the last first ─────────────────────────────────────────────────────────────────────────────────────────────
                 1/8  submit X:SPY ┌ keys ────────────────────────────────────────────────────────────────┐
                 1/7  submit X:SPY │ q, Ctrl-C                      end the session: the journal is sealed│
                                   │ p, space                       let the market stand still, or go on  │
                                   │ + -                            faster, slower                        │
                                   │ r                              build again                           │
                                   │ up, down, page up, page down   scroll what is below                  │
                                   │ ?                              this list                             │
                                   └──────────────────────────────────────────────────────────────────────┘

             news, the last first ────────────────────────────────────────────────────────────────────────────────────────────────





            q quit  p pause  + - speed  r rebuild  ? help   journal target/dev/1"#]],
        );
    }

    #[test]
    fn a_terminal_of_any_size_is_drawn_on() {
        for (width, height) in [(0, 0), (1, 1), (20, 5), (300, 3), (10, 100)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("memory");
            let look = Look { scroll: 9_999, is_help: true };
            terminal.draw(|frame| draw(frame, &board(), look)).expect("memory");
        }
    }
}
