//! One crash state, mounted: opened in another boot, read through, swept, walked, and used again.

use std::path::Path;
use std::sync::Arc;

use tagcache::fs::Os;
use tagcache::{Builder, Cache, Durability, Lookup, Policy, Raw};
use tagcache_testkit::Layered;

use crate::check::{Case, Seen, Violation};
use crate::leftovers::leftovers;
use crate::power::Power;
use crate::report::Tally;
use crate::workload::KEYS;

type Reader = Cache<Raw, Layered<Os, Power>>;

/// Inspects the root in `path` as a process of the boot number `boot`.
#[must_use]
pub fn inspect(path: &Path, case: &Case<'_>, boot: u64) -> Tally {
    let invalidations = match case.durability {
        // They need not have been durable: nothing of theirs is served.
        Durability::Volatile => 0,
        _ => case.history.invalidations(&case.cut),
    };
    let mut tally = Tally { states: 1, invalidations, ..Tally::default() };
    let cache = match open(path, case.durability, boot) {
        Ok(cache) => cache,
        Err(error) => {
            tally.violations.push(Violation::new(format!("the root does not open: {error}")));
            return tally;
        }
    };
    read_all(&cache, case, &mut tally);
    keep_promises(&cache, case, &mut tally);
    sweep(&cache, path, case, &mut tally);
    let mut after = Tally::default();
    // What was not served before the sweep must not be served because of it.
    read_all(&cache, case, &mut after);
    tally.violations.append(&mut after.violations);
    if let Err(violation) = use_again(&cache) {
        tally.violations.push(violation);
    }
    tally
}

fn open(path: &Path, durability: Durability, boot: u64) -> Result<Reader, tagcache::Error> {
    let sys = Layered::over(Os, &Arc::new(Power::reader(boot)));
    Builder::new(Raw).durability(durability).open_on(sys, path)
}

fn look(cache: &Reader, key: &str) -> Seen {
    match cache.lookup::<Vec<u8>>(key) {
        Ok(Lookup::Fresh(hit)) => Seen::Fresh(hit.into_owned()),
        Ok(Lookup::Stale(hit, _)) => Seen::Stale(hit.into_owned()),
        Ok(Lookup::Miss(miss)) => Seen::Miss(miss.word().into()),
        // After a power cut a reader meets misses, never errors.
        Err(error) => Seen::Miss(format!("error: {error}")),
    }
}

fn read_all(cache: &Reader, case: &Case<'_>, tally: &mut Tally) {
    for key in 0..KEYS {
        let key = format!("k{key}");
        let seen = look(cache, &key);
        match &seen {
            Seen::Miss(why) if why.starts_with("error") => {
                tally
                    .violations
                    .push(Violation::new(format!("I7: reading {key} after a power cut is an {why}")));
            }
            Seen::Miss(why) => {
                tally.torn += u64::from(why == "damaged");
                tally.refused += u64::from(why == "other boot");
            }
            Seen::Fresh(_) | Seen::Stale(_) => tally.values += 1,
        }
        tally.violations.extend(case.judge(&key, &seen));
    }
}

fn keep_promises(cache: &Reader, case: &Case<'_>, tally: &mut Tally) {
    for (act, goods) in case.promised() {
        tally.promises += 1;
        let seen = look(cache, &goods.key);
        match &seen {
            // A name of another time took it away: its own folder, say, or as one link too many.
            Seen::Miss(why) if !case.names_hold && why != "damaged" => tally.mixed += 1,
            _ => tally.violations.extend(case.judge_promise(act, goods, &seen)),
        }
    }
}

fn sweep(cache: &Reader, path: &Path, case: &Case<'_>, tally: &mut Tally) {
    let mut find = |what: String| {
        if case.names_hold {
            tally.violations.push(Violation::new(format!("I6: {what}")));
        } else {
            tally.mixed += 1;
        }
    };
    let swept = match cache.sweep() {
        Ok(swept) => swept,
        Err(error) => return find(format!("the sweep failed: {error}")),
    };
    if swept.busy || swept.failed > 0 || swept.foreign > 0 {
        find(format!("the sweep could not do its work: {swept:?}"));
    }
    match leftovers(path) {
        Ok((findings, entries)) => {
            findings.into_iter().for_each(&mut find);
            if entries != swept.kept {
                find(format!("the sweep kept {} entries, and {entries} are there", swept.kept));
            }
        }
        Err(error) => find(format!("the tree cannot be walked: {error}")),
    }
}

/// A value goes in, is read, and is invalidated: nothing that a power cut left behind keeps the cache from working.
fn use_again(cache: &Reader) -> Result<(), Violation> {
    let failed = |error: tagcache::Error| Violation::new(format!("the cache cannot be used again: {error}"));
    let (key, bytes) = ("again", b"and again".to_vec());
    let stored = cache.put(key, &bytes, &Policy::new().tag("again")).map_err(failed)?;
    let back = cache.get::<Vec<u8>>(key).map_err(failed)?;
    if back.as_deref() != Some(&bytes) {
        return Err(Violation::new(format!(
            "the cache cannot be used again: a put was {stored:?}, and is not read"
        )));
    }
    cache.invalidate_tag("again").map_err(failed)?;
    match cache.get::<Vec<u8>>(key).map_err(failed)? {
        Some(_) => Err(Violation::new("an invalidation after the power cut takes nothing away")),
        None => Ok(()),
    }
}
