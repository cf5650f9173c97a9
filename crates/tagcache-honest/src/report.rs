//! The whole run, place by place, and the table at its end.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use tagcache_fs::Os;
use tagcache_images::{Halt, Workshop, enter_namespace};

use crate::args::Args;
use crate::campaign::{self, Tally};
use crate::habits::Habits;
use crate::place::{BAKED, Place};
use crate::{links, lower};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The simulator is honest, as far as could be compared.
    Agreed,
    /// It is not, or something was skipped that is required.
    Failed,
}

/// How many directories are read while they change, per place.
const FOLDERS: u32 = 25;

struct Row {
    place: Place,
    filesystem: &'static str,
    tally: Tally,
    parts: u64,
    links: String,
    took: Duration,
}

/// Compares on every place that is asked for, and says what came out, line by line.
#[must_use]
pub fn run(args: &Args, say: &mut dyn FnMut(&str)) -> Verdict {
    let mut verdict = Verdict::Agreed;
    let mut rows = Vec::new();
    // First of all, since the program begins anew in its namespace.
    let workshop = args.places.iter().any(|place| place.is_mounted()).then(make_workshop);
    for place in &args.places {
        match compare_on(*place, args, workshop.as_ref(), &mut *say) {
            Ok(row) => {
                say(&format!("{place}: {} sequences agree", row.tally.sequences));
                rows.push(row);
            }
            Err(Halt::Skip(why)) => {
                say(&format!("SKIPPED: {place}: {why}"));
                if args.require {
                    verdict = Verdict::Failed;
                }
            }
            Err(Halt::Fail(why)) => {
                let Args { sequences, seed, .. } = args;
                say(&format!("FAILED: {place}:\n{why}"));
                say(&format!("again: cargo xtask honest --fs {place} --sequences {sequences} --seed {seed}"));
                verdict = Verdict::Failed;
            }
        }
    }
    if !rows.is_empty() {
        say(&table(&rows));
    }
    verdict
}

fn make_workshop() -> Result<Workshop, Halt> {
    enter_namespace()?;
    Workshop::new("honest")
}

fn compare_on(
    place: Place,
    args: &Args,
    workshop: Option<&Result<Workshop, Halt>>,
    say: &mut dyn FnMut(&str),
) -> Result<Row, Halt> {
    let Some(workshop) = workshop.filter(|_| place.is_mounted()) else {
        return compare_in(place, &place.folder()?, args);
    };
    let mounted = place.mount(workshop.as_ref().map_err(Clone::clone)?)?;
    let row = compare_in(place, mounted.path(), args)?;
    if place == Place::Overlay {
        let met = lower::check(&mounted.path().join(BAKED))?;
        say(&format!("{place}: a cache in its lower layer: {met:?}"));
    }
    mounted.unmount()?;
    Ok(row)
}

fn compare_in(place: Place, folder: &Path, args: &Args) -> Result<Row, Halt> {
    let began = Instant::now();
    let habits = Habits::of(folder).map_err(Halt::Skip)?;
    let filesystem = habits.filesystem;
    let is_expected = !place.is_mounted() || filesystem.name == place.to_string();
    if !is_expected {
        return Err(Halt::Fail(format!("it was made as {place}, and looks like {}", filesystem.name)));
    }
    let tally = campaign::run(&habits, folder, args.seed, args.sequences).map_err(Halt::Fail)?;
    let parts = campaign::read_folders(&habits, folder, args.seed, FOLDERS).map_err(Halt::Fail)?;
    let links = many_links(place, folder, filesystem.max_links)?;
    Ok(Row { place, filesystem: filesystem.name, tally, parts, links, took: began.elapsed() })
}

/// Only where nobody else works: it makes tens of thousands of names.
fn many_links(place: Place, folder: &Path, limit: Option<u32>) -> Result<String, Halt> {
    if !place.is_mounted() {
        return Ok("not tried".into());
    }
    let folder = tempfile::tempdir_in(folder).map_err(Halt::at("make a folder in", folder))?;
    links::check(&Os, folder.path(), limit).map_err(Halt::Fail)?;
    Ok(limit.map_or_else(|| "none met".into(), |limit| limit.to_string()))
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| place | filesystem | sequences | calls | things looked at | parts of folders read while they change | link limit | seconds |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for Row { place, filesystem, tally, parts, links, took } in rows {
        let Tally { sequences, calls, looks } = tally;
        let seconds = took.as_secs_f64();
        // A String takes everything.
        let _ = writeln!(
            text,
            "| {place} | {filesystem} | {sequences} | {calls} | {looks} | {parts} | {links} | {seconds:.1} |"
        );
    }
    text
}
