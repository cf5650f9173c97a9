//! What was found, counted, and the table in which it is shown.

use std::fmt::Write;
use std::time::Duration;

use crate::check::Violation;

/// What the inspection of crash states counted.
#[derive(Debug, Default)]
pub struct Tally {
    /// Crash states inspected.
    pub states: u64,
    /// Values that were served, each compared byte by byte with what was put, and with the invalidations.
    pub values: u64,
    /// Invalidations that had returned before the cut, summed over the states.
    pub invalidations: u64,
    /// Values that had to be there, under full durability.
    pub promises: u64,
    /// Entries that the power cut had torn, and that were misses.
    pub torn: u64,
    /// Entries of an earlier boot in a volatile root, which were misses.
    pub refused: u64,
    /// Where a filesystem mixes names of several times: those that were left after a sweep, and promised values that
    /// they hid.
    pub mixed: u64,
    /// What must not be.
    pub violations: Vec<Violation>,
}

impl Tally {
    /// Adds what another inspection counted.
    pub fn add(&mut self, other: Self) {
        self.states += other.states;
        self.values += other.values;
        self.invalidations += other.invalidations;
        self.promises += other.promises;
        self.torn += other.torn;
        self.refused += other.refused;
        self.mixed += other.mixed;
        self.violations.extend(other.violations);
    }
}

/// One line of the report.
#[derive(Debug)]
pub struct Row {
    /// The filesystem.
    pub filesystem: String,
    /// How the power was cut.
    pub method: String,
    /// What the root promised.
    pub durability: String,
    /// What was counted.
    pub tally: Tally,
    /// How long it took.
    pub took: Duration,
}

const COLUMNS: [&str; 12] = [
    "filesystem",
    "method",
    "durability",
    "states",
    "values",
    "invalidations",
    "promises",
    "torn",
    "other boot",
    "mixed",
    "violations",
    "seconds",
];

impl Row {
    fn cells(&self) -> [String; 12] {
        let Tally { states, values, invalidations, promises, torn, refused, mixed, violations } = &self.tally;
        [
            self.filesystem.clone(),
            self.method.clone(),
            self.durability.clone(),
            states.to_string(),
            values.to_string(),
            invalidations.to_string(),
            promises.to_string(),
            torn.to_string(),
            refused.to_string(),
            mixed.to_string(),
            violations.len().to_string(),
            format!("{:.1}", self.took.as_secs_f64()),
        ]
    }
}

/// The table, for people and for Markdown.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![COLUMNS.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let widths: Vec<usize> = (0..COLUMNS.len())
        .map(|column| lines.iter().map(|cells| cells[column].len()).max().unwrap_or(0))
        .collect();
    let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|");
    let mut text = String::new();
    for (number, cells) in lines.iter().enumerate() {
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "| {cell:<width$} ");
        }
        text.push_str("|\n");
        if number == 0 {
            let _ = writeln!(text, "|{rule}|");
        }
    }
    text
}
