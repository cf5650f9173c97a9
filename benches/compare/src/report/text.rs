//! The sentences around the tables.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::Run;
use super::tables::{TITLES, spread};
use crate::figures::{Clock, OURS, Scene, Spread};
use crate::job;
use crate::peer::Level;
use crate::peers;
use crate::why::{Deed, why};
use crate::worker::Op;

impl Run {
    pub(super) fn write_job(&self, page: &mut String) -> fmt::Result {
        let (machine, effort) = (&self.machine.base, &self.effort);
        let loads: Vec<String> = self.loads.iter().map(|load| format!("{load:.1}")).collect();
        write!(
            page,
            "## The same job elsewhere\n\n\
            Written by `cargo xtask bench --compare --page docs/BENCHMARKS.md`, at commit {}, with {}, \
            on {} × {}, {} MiB of memory, Linux {}. The load of the machine was {} before each place \
            and after the last.\n\n\
            The job: {} values of a struct, {} bytes each when postcard has encoded them, a week of expiry, two tags each; one of them is on a \
            twentieth of all entries, the other on a two-hundredth. Reads ask for the k-th most popular key in proportion to \
            1/k^{:.1} (seed `{:#x}`), hot reads for any of the {} most popular alike, puts over old values for any key. Every store passes the same \
            test of correctness before (`cargo test`), and every read checks expiry and tags.\n\n\
            Everybody has processes of its own, and does the same thing for {} ms in turn: that is a round. A cell has \
            the median of {} rounds, and how many times as long as {OURS} it takes: median, least and most of the ratios \
            taken within one round, so that above 1 {OURS} is faster. Every process has read everything once before, and all rounds of reads come before anything is replaced. \
            Invalidations are per entry. Where somebody waits for the disk, the filesystem is synced before each slice: \
            nobody waits for what another one has written. Every process may open as many files as the machine lets it \
            ({} here): {OURS} keeps one open for each value in memory. \
            With {} processes the time is that of all together: of two that do not hinder each other each counts half. \
            n/a: the peer has no such thing.\n",
            machine.commit,
            machine.compiler,
            machine.processors,
            machine.processor,
            machine.memory,
            machine.kernel,
            loads.join(", "),
            effort.entries,
            job::encoded_len(),
            job::EXPONENT,
            job::SEED,
            job::HOT,
            effort.slice.as_millis(),
            effort.rounds,
            machine.open_files.map_or("unknown".into(), |limit| limit.to_string()),
            effort.processes,
        )
    }

    pub(super) fn write_peers(&self, page: &mut String) -> fmt::Result {
        writeln!(page, "\n| peer | release | what | how an entry is found by its tag | several processes |")?;
        writeln!(page, "|---|---|---|---|---|")?;
        for kind in peers::ALL {
            let release = self.machine.releases.get(kind.package).map_or("", String::as_str);
            let processes = if kind.processes { "yes" } else { "no" };
            let name = kind.name;
            writeln!(
                page,
                "| {name} | {} {release} | {} | {} | {processes} |",
                kind.package, kind.what, kind.tags
            )?;
        }
        writeln!(
            page,
            "\n| peer | nothing waits for the disk | invalidations are on the disk | puts, too |"
        )?;
        writeln!(page, "|---|---|---|---|")?;
        for kind in peers::ALL {
            let at =
                |level| kind.levels.iter().find(|(known, _)| *known == level).map_or("n/a", |(_, what)| what);
            let [volatile, invalidations, full] = Level::ALL.map(at);
            writeln!(page, "| {} | {volatile} | {invalidations} | {full} |", kind.name)?;
        }
        Ok(())
    }

    /// Where a peer takes less time than ours, by the median of the ratios.
    pub(super) fn write_faster(&self, page: &mut String) -> fmt::Result {
        let scenes = self.figures.scenes();
        let columns: Vec<String> = scenes.iter().map(scene_title).collect();
        writeln!(page, "\n### Where a peer is faster, and why\n")?;
        writeln!(
            page,
            "How many times as fast as {OURS}, by the median, with the least and the most; empty where it is not.\n"
        )?;
        writeln!(page, "| peer | what | {} |", columns.join(" | "))?;
        writeln!(page, "|---|---|{}", "---:|".repeat(columns.len()))?;
        let mut reasons = BTreeSet::new();
        for kind in peers::ALL.iter().filter(|kind| kind.package != OURS) {
            for (op, title) in TITLES {
                let cells: Vec<String> = scenes
                    .iter()
                    .map(|scene| self.faster(scene, kind.name, op).unwrap_or_default())
                    .collect();
                if cells.iter().any(|cell| !cell.is_empty()) {
                    writeln!(page, "| {} | {title} | {} |", kind.name, cells.join(" | "))?;
                    reasons.insert((Deed::of(op), kind.name));
                }
            }
        }
        writeln!(page)?;
        for (deed, peer) in reasons {
            let reason = why(peer, deed).unwrap_or("not explained yet");
            writeln!(page, "- {}, **{peer}**: {reason}.", deed.name())?;
        }
        Ok(())
    }

    fn faster(&self, scene: &Scene, peer: &str, op: Op) -> Option<String> {
        let ratio = self.figures.figure(scene, peer, op, Clock::Wall)?.ratio?;
        let inverse = Spread { median: 1.0 / ratio.median, min: 1.0 / ratio.max, max: 1.0 / ratio.min };
        (ratio.median < 1.0).then(|| spread(&inverse))
    }
}

fn scene_title(scene: &Scene) -> String {
    let many = if scene.processes > 1 { format!(", {} processes", scene.processes) } else { String::new() };
    format!("{}, {}{many}", scene.place, scene.level.word())
}
