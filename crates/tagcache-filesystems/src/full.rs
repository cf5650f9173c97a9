//! A cache on a disk that becomes full: everybody gets the value, nothing wrong is served, nothing hangs.

use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tagcache::{Builder, Cache, Error, Limits, Lookup, Policy, Raw, Source, Stored};
use tagcache_images::Halt;

/// How many values are asked for in each half, and by how many threads.
const VALUES: u64 = 3000;
const THREADS: u64 = 4;
/// A limit that is never reached before the disk is full.
const BEYOND: u64 = 1 << 40;
/// Of so many values a stream is made: less than the disk has, and more than is made free at once for a piece.
const STREAMED: u64 = 300;
/// Of so many values one has each tag.
const TAGS: u64 = 5;

/// What happened.
#[derive(Default)]
pub(crate) struct Full {
    pub(crate) asked: u64,
    pub(crate) stored: u64,
    pub(crate) evicted: u64,
    pub(crate) faults: u64,
    /// Values that were not stored although there was room again.
    pub(crate) refused_at_last: u64,
}

fn fail<E: Display>(error: E) -> Halt {
    Halt::Fail(format!("on a full disk: {error}"))
}

/// Fills a cache without limits, then one with limits, in a filesystem with little room.
pub(crate) fn run(folder: &Path) -> Result<Full, Halt> {
    let mut full = Full::default();
    let without = Builder::new(Raw).open(folder.join("without")).map_err(fail)?;
    ask_for_all(&without, &mut full)?;
    invalidate(&without)?;
    if without.stats().faults == 0 {
        return Err(fail("it never became full"));
    }
    let without = drop_and_remove(without, folder)?;
    let limits = Limits::new().bytes(BEYOND);
    let within = Builder::new(Raw).limits(limits).open(folder.join("within")).map_err(fail)?;
    let before = full.stored;
    ask_for_all(&within, &mut full)?;
    let (stored, stats) = (full.stored - before, within.stats());
    if stats.evicted == 0 || stored < VALUES / 2 {
        return Err(fail(format!("{} were evicted, and {stored} of {VALUES} stored", stats.evicted)));
    }
    stream(&within)?;
    invalidate(&within)?;
    full.evicted = stats.evicted;
    full.faults = without + stats.faults;
    full.refused_at_last = with_room_again(&within)?;
    Ok(full)
}

/// A stream of unknown length is stored whole, though it takes more than is made free at once, and read back.
fn stream(cache: &Cache<Raw>) -> Result<(), Halt> {
    let evicted = cache.stats().evicted;
    let bytes: Vec<u8> = (0..STREAMED).flat_map(value).collect();
    let stored = cache.put_reader("stream", &bytes[..], &Policy::new().tag("all")).map_err(fail)?;
    if stored != Stored::Yes || cache.stats().evicted == evicted {
        return Err(fail(format!("the stream: {stored:?}, and nothing went for it")));
    }
    let mut read = Vec::new();
    let mut reader = cache.reader("stream").map_err(fail)?.ok_or_else(|| fail("the stream is not there"))?;
    reader.read_to_end(&mut read).map_err(fail)?;
    if read == bytes { Ok(()) } else { Err(fail("the stream is another one")) }
}

/// Its faults.
fn drop_and_remove(cache: Cache<Raw>, folder: &Path) -> Result<u64, Halt> {
    let faults = cache.stats().faults;
    drop(cache);
    fs::remove_dir_all(folder.join("without")).map_err(Halt::at("remove", folder))?;
    Ok(faults)
}

fn tag(number: u64) -> String {
    format!("tag {}", number % TAGS)
}

/// One to some twenty KiB, told by the number.
fn value(number: u64) -> Vec<u8> {
    let len = usize::try_from(1000 + number % 7 * 3000).unwrap_or(1000);
    number.to_le_bytes().iter().copied().cycle().take(len).collect()
}

/// Asks for all values, from several threads; each must come out as it is computed.
fn ask_for_all(cache: &Cache<Raw>, full: &mut Full) -> Result<(), Halt> {
    let (stored, wrong) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (stored, wrong) = (&stored, &wrong);
            scope.spawn(move || {
                for number in (0..VALUES).filter(|number| number % THREADS == thread) {
                    let policy = Policy::new().tags([tag(number), String::from("all")]);
                    let hit = cache.get_with(number.to_le_bytes(), &policy, |_| value(number));
                    wrong.fetch_add(u64::from(*hit != value(number)), Ordering::Relaxed);
                    let is_stored = matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. });
                    stored.fetch_add(u64::from(is_stored), Ordering::Relaxed);
                }
            });
        }
    });
    full.asked += VALUES;
    full.stored += stored.into_inner();
    match wrong.into_inner() {
        0 => Ok(()),
        wrong => Err(fail(format!("{wrong} callers got a value that is not theirs"))),
    }
}

/// Invalidates while the disk is full: what is then served is right, and nothing that an invalidation took.
fn invalidate(cache: &Cache<Raw>) -> Result<(), Halt> {
    let done = match cache.invalidate_tag(tag(1)) {
        Ok(_) => true,
        Err(Error::Incomplete(_)) => false,
        Err(error) => return Err(fail(error)),
    };
    for number in 0..VALUES {
        let hit = match cache.lookup::<Vec<u8>>(number.to_le_bytes()).map_err(fail)? {
            Lookup::Fresh(hit) => hit,
            _ => continue,
        };
        if *hit != value(number) {
            return Err(fail(format!("value {number} is another one")));
        }
        if done && number % TAGS == 1 {
            return Err(fail(format!("value {number} was invalidated, and is served")));
        }
    }
    cache.sweep().map_err(fail)?;
    Ok(())
}

/// After a clear there is room: how many values are not stored then.
fn with_room_again(cache: &Cache<Raw>) -> Result<u64, Halt> {
    cache.clear().map_err(fail)?;
    cache.sweep().map_err(fail)?;
    let mut refused = 0;
    for number in 0..100 {
        let hit = cache.get_with(number.to_string(), &Policy::new().tag("all"), |_| value(number));
        refused += u64::from(!matches!(hit.source(), Source::Computed { stored: Stored::Yes, .. }));
    }
    Ok(refused)
}
