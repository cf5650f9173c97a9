//! The page: tables and plots out of the lines of a run.

pub mod plot;
mod text;

use crate::marks::Marks;
use crate::spread::Spread;
use crate::suites::calls::Count;
use crate::suites::{ALL, Line, Measured, Outcome};
use plot::{Line as Curve, Lines, Ranges, Row};

/// What stands before and after our part of the page.
pub const MARKS: Marks =
    ["<!-- suites: from here on written by cargo xtask bench -->", "<!-- suites: to here -->"];

/// Everything that a run has left.
#[derive(Debug)]
pub struct Run {
    lines: Vec<Line>,
    machine: crate::machine::Machine,
    quick: bool,
}

/// The ratio of all rounds, and what both sides took in the middle, in nanoseconds.
struct Figure {
    ratio: Spread,
    ours: f64,
    floor: f64,
}

impl Figure {
    fn of(measured: &Measured) -> Option<Self> {
        let rounds = &measured.rounds;
        Some(Self {
            ratio: Spread::of(rounds.iter().map(crate::rounds::Round::ratio))?,
            ours: Spread::of(rounds.iter().map(|round| round.ours))?.median,
            floor: Spread::of(rounds.iter().map(|round| round.floor))?.median,
        })
    }
}

/// What is said of a line while the run goes on.
#[must_use]
pub fn spoken(line: &Line) -> Option<String> {
    match line {
        Line::Pair(measured) => {
            let Figure { ratio, ours, floor } = Figure::of(measured)?;
            let name = format!("{}/{}", measured.place, measured.name);
            let spread = format!("{:.2}–{:.2}", ratio.min, ratio.max);
            let (median, ours, floor) = (ratio.median, text::time(ours), text::time(floor));
            Some(format!("{name:<56} {median:>6.2} × {spread:>12}  {ours:>8} beside {floor}"))
        }
        Line::Calls(Count { name, made, budget }) => {
            Some(format!("{name:<56} {made} calls, budget {budget}"))
        }
        Line::Place { place, filesystem, load } => Some(format!("\n{place}: {filesystem}, load {load:.1}")),
        Line::Memory { entries, peak_kib } => {
            Some(format!("memory in a tree of {entries:<36} {peak_kib} KiB"))
        }
        Line::Run { .. } | Line::End { .. } => None,
    }
}

impl Run {
    /// From its lines.
    ///
    /// # Errors
    /// When the first line is missing.
    pub fn of(lines: Vec<Line>) -> Outcome<Self> {
        let Some(Line::Run { machine, quick }) = lines.first() else { return Err("no first line".into()) };
        Ok(Self { machine: machine.clone(), quick: *quick, lines })
    }

    fn measured(&self) -> impl Iterator<Item = &Measured> {
        self.lines.iter().filter_map(|line| match line {
            Line::Pair(measured) => Some(measured),
            _ => None,
        })
    }

    fn counts(&self) -> impl Iterator<Item = &Count> {
        self.lines.iter().filter_map(|line| match line {
            Line::Calls(count) => Some(count),
            _ => None,
        })
    }

    fn places(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            Line::Place { place, .. } => Some(place.as_str()),
            _ => None,
        })
    }

    /// Of one suite in one place.
    fn table(&self, suite: &str, place: &str) -> Vec<&Measured> {
        self.measured().filter(|measured| measured.suite == suite && measured.place == place).collect()
    }

    /// Holds the run against the budgets: system calls exactly, ratios by the best round.
    ///
    /// # Errors
    /// With everything that missed its budget.
    pub fn check(&self) -> Outcome<()> {
        let calls = self.counts().filter(|count| count.made > count.budget);
        let calls = calls.map(|count| {
            format!("{}: {} system calls, and its budget is {}", count.name, count.made, count.budget)
        });
        let missed: Vec<String> = calls.chain(self.measured().filter_map(missed)).collect();
        if missed.is_empty() {
            return Ok(());
        }
        Err(format!("over the budget:\n  {}", missed.join("\n  ")).into())
    }

    /// The plots, each with the name of its file.
    #[must_use]
    pub fn plots(&self) -> Vec<(String, String)> {
        let mut plots = Vec::new();
        for (suite, place) in ALL.iter().flat_map(|suite| self.places().map(move |place| (suite, place))) {
            let table = self.table(suite.word, place);
            if table.is_empty() {
                continue;
            }
            let svg = match suite.word {
                "operations" | "codecs" => ranges(&table).svg(),
                "growth" => growth(&table).svg(),
                _ => several(&table, suite.sides).svg(),
            };
            plots.push((plot_name(suite.word, place), svg));
        }
        plots
    }
}

fn plot_name(suite: &str, place: &str) -> String {
    format!("{suite}-{place}.svg")
}

/// Only where no round was within it.
fn missed(measured: &Measured) -> Option<String> {
    let (budget, best) = (measured.budget?, Figure::of(measured)?.ratio.min);
    let Measured { place, name, rounds, .. } = measured;
    (best > budget).then(|| {
        format!(
            "{place}/{name}: {best:.2} × in the best of {} rounds, and its budget is {budget} ×",
            rounds.len()
        )
    })
}

fn ranges(table: &[&Measured]) -> Ranges {
    let row = |measured: &&Measured| {
        let ratio = Figure::of(measured)?.ratio;
        Some(Row { name: measured.name.clone(), ratio, budget: measured.budget })
    };
    Ranges { rows: table.iter().filter_map(row).collect() }
}

/// The same operation in growing numbers: the last part of its name is the number.
fn curves(table: &[&Measured], value: impl Fn(&Figure) -> f64) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for measured in table {
        let (Some((name, at)), Some(figure)) = (measured.name.rsplit_once('/'), Figure::of(measured)) else {
            continue;
        };
        let point = (at.to_owned(), value(&figure));
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve { name: name.to_owned(), dashed: false, points: vec![point] }),
        }
    }
    curves
}

fn growth(table: &[&Measured]) -> Lines {
    let budget = table.iter().find_map(|measured| measured.budget);
    Lines {
        unit: "× the time with 1000 entries",
        nanos: false,
        limit: budget,
        lines: curves(table, |figure| figure.ratio.median),
    }
}

/// Ours in full, the floor dashed.
fn several(table: &[&Measured], sides: [&str; 2]) -> Lines {
    let ours = curves(table, |figure| figure.ours);
    let floors = curves(table, |figure| figure.floor);
    let named = |curves: Vec<Curve>, side: &str, dashed| {
        let name = move |curve: Curve| Curve { name: format!("{}: {side}", curve.name), dashed, ..curve };
        curves.into_iter().map(name).collect::<Vec<_>>()
    };
    // Side by side, so that both lines of an operation have one colour.
    let pairs = named(ours, sides[0], false).into_iter().zip(named(floors, sides[1], true));
    let lines = pairs.flat_map(|(ours, floor)| [ours, floor]).collect();
    Lines { unit: "per operation, all together", nanos: true, limit: None, lines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::rounds::Round;

    fn run(made: u64, rounds: &[f64], budget: Option<f64>) -> Run {
        let rounds = rounds.iter().map(|&ours| Round { ours, floor: 1.0 }).collect();
        let measured = Measured {
            suite: "operations".into(),
            place: "here".into(),
            name: "hit/4 KiB".into(),
            budget,
            rounds,
        };
        Run::of(vec![
            Line::Run { machine: Machine::here(), quick: true },
            Line::Calls(Count { name: "hit".into(), made, budget: 4 }),
            Line::Place { place: "here".into(), filesystem: "ext4 (rw)".into(), load: 0.0 },
            Line::Pair(measured),
            Line::End { load: 0.0 },
        ])
        .expect("it begins with its first line")
    }

    #[test]
    fn one_system_call_more_than_the_budget_fails_the_check() {
        assert!(run(4, &[1.0], None).check().is_ok());
        let error = run(5, &[1.0], None).check().expect_err("one too many").to_string();
        assert!(error.contains("hit: 5 system calls, and its budget is 4"), "{error}");
    }

    #[test]
    fn a_ratio_fails_the_check_only_where_the_best_round_misses_it() {
        assert!(run(4, &[2.0, 1.29, 3.0], Some(1.3)).check().is_ok(), "one round is within it");
        assert!(run(4, &[2.0, 1.31, 3.0], Some(1.3)).check().is_err(), "no round is within it");
        assert!(run(4, &[9.0], None).check().is_ok(), "no budget");
    }

    #[test]
    fn the_page_and_the_plot_show_what_was_measured() {
        let run = run(4, &[1.1, 1.2, 1.3], Some(1.3));
        let page = run.page();
        assert!(page.contains("| hit/4 KiB | 1.20 × (1.10–1.30) | 1.3 × |"), "{page}");
        assert!(page.contains("bench/operations-here.svg"), "{page}");
        let [(name, svg)] = &run.plots()[..] else { panic!("one suite in one place") };
        assert_eq!(name, "operations-here.svg");
        assert!(svg.contains("hit/4 KiB"), "{svg}");
    }
}
