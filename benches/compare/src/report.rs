//! The page: tables out of the lines of a run.

mod tables;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;

use tagcache_benches::marks::Marks;

use crate::effort::Effort;
use crate::figures::Figures;
use crate::machine::Machine;
use crate::peer::Outcome;
use crate::rounds::Line;
use crate::usage::{Disk, Memory};

/// What stands before and after the page in a file that has more than it.
pub const MARKS: Marks =
    ["<!-- compare: from here on written by benches/compare -->", "<!-- compare: to here -->"];

/// Everything that a run has left.
#[derive(Debug)]
pub struct Run {
    machine: Machine,
    effort: Effort,
    figures: Figures,
    places: Vec<Place>,
    failures: Vec<Failure>,
    /// The load before each place, and after the last one.
    loads: Vec<f64>,
}

#[derive(Debug)]
struct Place {
    name: String,
    filesystem: String,
    space: BTreeMap<String, (Disk, Memory)>,
}

#[derive(Debug)]
struct Failure {
    place: String,
    peer: String,
    reason: String,
}

impl Run {
    /// From its lines.
    ///
    /// # Errors
    /// When the first line is missing.
    pub fn of(lines: impl IntoIterator<Item = Line>) -> Outcome<Self> {
        let (mut head, mut slices) = (None, Vec::new());
        let (mut places, mut failures, mut loads): (Vec<Place>, _, _) = (Vec::new(), Vec::new(), Vec::new());
        let here = |places: &mut Vec<Place>, peer: String, note: &dyn Fn(&mut (Disk, Memory))| {
            if let Some(place) = places.last_mut() {
                note(place.space.entry(peer).or_default());
            }
        };
        for line in lines {
            match line {
                Line::Run { machine, effort } => head = Some((machine, effort)),
                Line::Place { place, filesystem, load } => {
                    loads.push(load);
                    places.push(Place { name: place, filesystem, space: BTreeMap::new() });
                }
                Line::Slice(slice) => slices.push(slice),
                Line::Disk { peer, disk, .. } => here(&mut places, peer, &|space| space.0 = disk),
                Line::Memory { peer, memory, .. } => here(&mut places, peer, &|space| space.1 = memory),
                Line::Failed { place, peer, reason } => failures.push(Failure { place, peer, reason }),
                Line::End { load } => loads.push(load),
            }
        }
        let (machine, effort) = head.ok_or("no first line")?;
        Ok(Self { machine, effort, figures: Figures::of(slices), places, failures, loads })
    }

    /// From a file of lines.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(text: &str) -> Outcome<Self> {
        let lines: Vec<Line> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Self::of(lines)
    }

    /// The page, in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        let _ = self.write(&mut page);
        page
    }

    fn write(&self, page: &mut String) -> std::fmt::Result {
        self.write_job(page)?;
        self.write_peers(page)?;
        for place in &self.places {
            writeln!(page, "\n### On {}\n\nMounted as {}.", place.name, place.filesystem)?;
            self.write_place(page, place)?;
        }
        self.write_faster(page)?;
        self.write_failures(page)
    }

    fn write_failures(&self, page: &mut String) -> std::fmt::Result {
        if self.failures.is_empty() {
            return Ok(());
        }
        writeln!(page, "\n### What failed\n")?;
        for Failure { place, peer, reason } in &self.failures {
            writeln!(page, "- {peer}, on {place}: {reason}")?;
        }
        Ok(())
    }
}
