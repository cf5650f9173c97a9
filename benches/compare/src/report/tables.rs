//! The tables of one place.

use std::fmt::{self, Write};

use super::{Place, Run};
use crate::figures::{Clock, Figure, Scene, Spread};
use crate::peer::Level;
use crate::peers;
use crate::worker::Op;

/// What each operation is called.
pub(super) const TITLES: [(Op, &str); 11] = [
    (Op::Hit, "hit, decoded"),
    (Op::Hot, "hot hit, decoded"),
    (Op::Raw, "hit, bytes"),
    (Op::Miss, "miss"),
    (Op::PutFresh, "put, new key"),
    (Op::PutOver, "put over"),
    (Op::Invalidate1, "invalidate 1"),
    (Op::Invalidate100, "of 100"),
    (Op::Invalidate1000, "of 1 000"),
    (Op::Clean, "clean up"),
    (Op::Open, "open and hit"),
];

pub(super) fn title(op: Op) -> &'static str {
    TITLES.iter().find(|(known, _)| *known == op).map_or("?", |(_, title)| title)
}

/// One of the tables. Each fits the width of a page.
struct Table {
    heading: &'static str,
    level: Level,
    /// By several processes at once.
    several: bool,
    clock: Clock,
    ops: &'static [Op],
}

impl Table {
    const fn new(heading: &'static str, level: Level, ops: &'static [Op]) -> Self {
        Self { heading, level, several: false, clock: Clock::Wall, ops }
    }

    const fn several(self) -> Self {
        Self { several: true, ..self }
    }

    const fn busy(self) -> Self {
        Self { clock: Clock::Busy, ..self }
    }
}

const TABLES: [Table; 9] = [
    Table::new("Reading", Level::Volatile, &[Op::Hit, Op::Hot, Op::Raw, Op::Miss, Op::Open]),
    Table::new("Writing, nothing waits for the disk", Level::Volatile, &[Op::PutFresh, Op::PutOver]),
    Table::new(
        "Invalidating, nothing waits for the disk, per entry",
        Level::Volatile,
        &[Op::Invalidate1, Op::Invalidate100, Op::Invalidate1000, Op::Clean],
    ),
    Table::new(
        "Several processes at once, nothing waits for the disk",
        Level::Volatile,
        &[Op::Hit, Op::Hot, Op::PutOver],
    )
    .several(),
    Table::new(
        "Time of the processors, all threads of a peer, nothing waits for the disk",
        Level::Volatile,
        &[Op::Hit, Op::Hot, Op::Miss, Op::PutOver, Op::Invalidate100],
    )
    .busy(),
    Table::new(
        "Invalidations are on the disk when they return",
        Level::Invalidations,
        &[Op::PutOver, Op::Invalidate1, Op::Invalidate100, Op::Invalidate1000],
    ),
    Table::new(
        "The same, several processes at once, whose puts may be lost",
        Level::Invalidations,
        &[Op::PutOver],
    )
    .several(),
    Table::new("Puts are on the disk when they return", Level::Full, &[Op::PutFresh, Op::PutOver]),
    Table::new("The same, several processes at once", Level::Full, &[Op::PutOver]).several(),
];

impl Run {
    pub(super) fn write_place(&self, page: &mut String, place: &Place) -> fmt::Result {
        for table in &TABLES {
            let processes = if table.several { self.effort.processes } else { 1 };
            let scene = Scene { place: place.name.clone(), level: table.level, processes };
            if self.figures.scenes().contains(&scene) {
                self.write_table(page, table, &scene)?;
            }
        }
        write_space(page, place)
    }

    fn write_table(&self, page: &mut String, table: &Table, scene: &Scene) -> fmt::Result {
        let titles: Vec<&str> = table.ops.iter().map(|op| title(*op)).collect();
        writeln!(page, "\n#### {}\n", table.heading)?;
        writeln!(page, "| peer | {} |", titles.join(" | "))?;
        writeln!(page, "|---|{}", "---:|".repeat(titles.len()))?;
        for kind in peers::ALL {
            let figure = |op: &Op| self.figures.figure(scene, kind.name, *op, table.clock);
            let figures: Vec<Option<Figure>> = table.ops.iter().map(figure).collect();
            if figures.iter().any(Option::is_some) {
                let cells = figures.iter().map(|figure| figure.as_ref().map_or("n/a".into(), cell));
                writeln!(page, "| {} | {} |", kind.name, cells.collect::<Vec<_>>().join(" | "))?;
            }
        }
        Ok(())
    }
}

fn write_space(page: &mut String, place: &Place) -> fmt::Result {
    writeln!(
        page,
        "\n#### Space\n\nOn the disk when filled and closed; in the memory of a process that did everything once: its own, and mapped files.\n"
    )?;
    writeln!(
        page,
        "| peer | disk, MiB | files | folders | memory, MiB | mapped, MiB |\n|---|---:|---:|---:|---:|---:|"
    )?;
    for kind in peers::ALL {
        let Some((disk, memory)) = place.space.get(kind.name) else { continue };
        let name = kind.name;
        let (bytes, own, mapped) = (disk.bytes >> 20, memory.own >> 10, memory.mapped >> 10);
        if kind.persistent {
            writeln!(page, "| {name} | {bytes} | {} | {} | {own} | {mapped} |", disk.files, disk.folders)?;
        } else {
            writeln!(page, "| {name} | n/a | n/a | n/a | {own} | {mapped} |")?;
        }
    }
    Ok(())
}

/// A time, its ratio to ours with its spread, and what is wrong with it.
fn cell(figure: &Figure) -> String {
    let mut cell = time(figure.nanos.median);
    if let Some(ratio) = figure.ratio {
        let _ = write!(cell, " · {}", spread(&ratio));
    }
    if figure.missed > 0.0005 {
        let _ = write!(cell, ", {:.1} % missed", figure.missed * 100.0);
    }
    cell
}

/// `1.23 µs`, `45.6 ms`.
fn time(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{} ns", digits(nanos)),
        ..1e6 => format!("{} µs", digits(nanos / 1e3)),
        ..1e9 => format!("{} ms", digits(nanos / 1e6)),
        _ => format!("{} s", digits(nanos / 1e9)),
    }
}

/// `3.40× (2.80–4.10)`.
pub(super) fn spread(ratio: &Spread) -> String {
    format!("{}× ({}–{})", digits(ratio.median), digits(ratio.min), digits(ratio.max))
}

/// Two or three digits that mean something.
fn digits(value: f64) -> String {
    match value {
        ..0.0995 => format!("{value:.3}"),
        ..9.95 => format!("{value:.2}"),
        ..99.5 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_the_time_the_ratio_and_what_is_missing() {
        let spread = |median| Spread { median, min: median / 2.0, max: median * 2.0 };
        let figure = Figure { nanos: spread(12_345.0), ratio: Some(spread(3.0)), missed: 0.25 };
        assert_eq!(cell(&figure), "12.3 µs · 3.00× (1.50–6.00), 25.0 % missed");
        assert_eq!(cell(&Figure { ratio: None, missed: 0.0, ..figure }), "12.3 µs");
    }

    #[test]
    fn every_operation_stands_in_a_table() {
        for (op, title) in TITLES {
            assert!(TABLES.iter().any(|table| table.ops.contains(&op)), "{title} is measured for nobody");
        }
    }
}
