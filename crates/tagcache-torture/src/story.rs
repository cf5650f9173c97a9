//! What happened, for people who look for the cause of a finding.

use std::io::{self, Write};

use crate::journal::Journal;
use crate::place::Place;

/// Prints the journal of a round, one event a line, each with its place: the numbers that a finding speaks of.
///
/// # Errors
/// When there is no journal, it is damaged, or nobody reads what is printed.
pub fn tell(place: &Place) -> io::Result<()> {
    let mut lines = Vec::new();
    Journal::open_existing(&place.journal())?
        .news(|ticket, event| lines.push(format!("{ticket:8} {event}\n")))?;
    io::stdout().write_all(lines.concat().as_bytes())
}
