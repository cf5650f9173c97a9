//! `tagcache sweep`

use serde::Serialize;
use tagcache::{Limits, SweepOptions};

use crate::args::{Cli, Sweep as Args};
use crate::end::{DONE, Failure, MISS, Outcome};
use crate::out::tell;
use crate::{clock, out, place, progress, units};

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    finished: bool,
    drafts: u64,
    entries: u64,
    evicted: u64,
    freed_bytes: u64,
    links: u64,
    leases: u64,
    folders: u64,
    kept: u64,
    kept_bytes: u64,
    foreign: u64,
    foreign_removed: u64,
    failed: u64,
    secs: f64,
}

pub(super) fn sweep(cli: &Cli, args: &Args) -> Outcome {
    let found =
        if args.quiet { place::look_if_there(cli)? } else { place::look_with(cli, progress::bar("sweep"))? };
    let Some(cache) = found else { return Ok(MISS) };
    let swept = cache.sweep_with(&options(args))?;
    // The bar goes before the report comes.
    drop(cache);
    if swept.busy {
        if !args.quiet {
            tell("another process is sweeping or verifying; nothing was done");
        }
        return Ok(MISS);
    }
    let answer = Answer {
        dry_run: args.dry_run,
        finished: swept.finished,
        drafts: swept.drafts,
        entries: swept.entries,
        evicted: swept.evicted,
        freed_bytes: swept.bytes,
        links: swept.links,
        leases: swept.leases,
        folders: swept.folders,
        // What it met, and what it then evicted of that.
        kept: swept.kept.saturating_sub(swept.evicted),
        kept_bytes: swept.kept_bytes.saturating_sub(swept.evicted_bytes),
        foreign: swept.foreign,
        foreign_removed: swept.foreign_removed,
        failed: swept.failed,
        secs: clock::secs(swept.took),
    };
    if !args.quiet {
        out::report(args.json, &answer, &answer.lines())?;
    }
    match swept.failed {
        0 => Ok(DONE),
        failed => Err(Failure::new(format!("{failed} entries could not be read or removed"))),
    }
}

fn options(args: &Args) -> SweepOptions {
    let mut limits = Limits::new();
    if let Some(bytes) = args.max_bytes {
        limits = limits.bytes(bytes);
    }
    if let Some(files) = args.max_files {
        limits = limits.files(files);
    }
    let options =
        SweepOptions::new().limits(limits).dry_run(args.dry_run).remove_foreign(args.remove_foreign);
    args.at_most.map_or(options, |time| options.at_most(time))
}

impl Answer {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let [removed, evicted, freed] = if self.dry_run {
            // How many folders go is not known beforehand.
            ["would remove", "would evict", "would free about"]
        } else {
            ["removed", "evicted", "freed"]
        };
        vec![
            (removed, format!("{} entries", self.entries)),
            (evicted, format!("{} entries", self.evicted)),
            (freed, units::shown(self.freed_bytes)),
            (
                "litter",
                format!(
                    "{} drafts, {} tag links, {} leases, {} folders",
                    self.drafts, self.links, self.leases, self.folders
                ),
            ),
            ("kept", format!("{} entries, {}", self.kept, units::shown(self.kept_bytes))),
            ("foreign", format!("{} names, {} of them removed", self.foreign, self.foreign_removed)),
            ("finished", String::from(if self.finished { "yes" } else { "no: the next sweep goes on" })),
        ]
    }
}
