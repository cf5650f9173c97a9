//! Growth: a hit and a put in a large tree, beside the same in one of a thousand entries.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tagcache::{Builder, Cache, Durability, Memory, Policy, Raw};

use crate::pairs::{KEYS, PUTS, each, in_batches};
use crate::{Pair, Place, Side, Tree, policy_with_tags, timed};

/// The tree that all others are held against.
const LEAST: usize = 1000;
const SIZE: usize = 100;
/// An entry has the tag of its group; so many are in one.
const GROUP: usize = 1000;
/// What a hit and a put may take in the largest tree, at most, beside the smallest.
const BUDGET: f64 = 1.5;
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
/// How many keys are asked for where any may be.
const MANY: usize = 1 << 16;

/// Trees of ten thousand entries and more, each ten times as large as the one before, up to `most`.
#[must_use]
pub fn pairs(place: &Place, most: usize) -> Vec<Pair> {
    let sizes = [10_000, 100_000, 1_000_000];
    sizes.into_iter().filter(|&size| size <= most).flat_map(|size| of_size(place, size)).collect()
}

/// Where the tree of that size is.
pub(crate) fn path(place: &Place, entries: usize) -> PathBuf {
    place.path(&format!("growth-{entries}"))
}

/// Makes what a side does in the tree at that path, with so many entries.
type Make = fn(&Path, usize) -> Box<dyn FnMut(u64) -> Duration>;

fn of_size(place: &Place, size: usize) -> Vec<Pair> {
    let both = |make: Make| {
        [size, LEAST].map(|size| {
            let path = path(place, size);
            Side::new(move || make(&path, size))
        })
    };
    let pair =
        |name: &str, [ours, floor]: [Side; 2]| Pair::new(format!("{name}/{size} entries"), ours, floor);
    vec![
        pair("hit, a thousand keys", both(|path, size| Box::new(hits(path, size, KEYS)))).within(BUDGET),
        pair("hit, any key", both(|path, size| Box::new(hits(path, size, MANY)))),
        pair("put new/2 tags", both(|path, size| Box::new(puts(path, size)))).within(BUDGET),
    ]
}

/// Asks for keys that lie all over the tree.
fn hits(path: &Path, entries: usize, keys: usize) -> impl FnMut(u64) -> Duration + use<> {
    let cache = grown(path, entries, Memory::off());
    // The step has no divisor in common with a power of ten.
    let keys: Vec<String> = (0..keys.min(entries)).map(|turn| name(turn * 7919 % entries)).collect();
    for key in &keys {
        cache.get::<Vec<u8>>(key).expect("get").expect("it was put");
    }
    let mut turn = 0;
    each(move || {
        turn = (turn + 1) % keys.len();
        cache.get::<Vec<u8>>(&keys[turn]).expect("get").expect("a hit");
    })
}

/// Puts new keys, with one tag that a tenth of all entries has and one that is new.
fn puts(path: &Path, entries: usize) -> impl FnMut(u64) -> Duration + use<> {
    drop(grown(path, entries, Memory::off()));
    let tree = Tree::new(path, PUTS, 2);
    tree.make_folders();
    let (value, policy) = (vec![b'x'; SIZE], policy_with_tags(2));
    in_batches(move |count| {
        tree.empty();
        timed(|| {
            for key in &tree.keys[..count] {
                tree.cache.put(key, &value, &policy).expect("put");
            }
        })
    })
}

pub(crate) fn name(index: usize) -> String {
    format!("entry {index}")
}

pub(crate) fn group(index: usize) -> String {
    format!("group {}", index / GROUP)
}

/// Fills it if it is not there. By two threads, since a million puts take a while.
fn grown(path: &Path, entries: usize, memory: Memory) -> Cache<Raw> {
    let there = path.exists();
    let builder = Builder::new(Raw).durability(Durability::Volatile).memory(memory);
    let cache = builder.open(path).expect("a cache");
    if !there {
        thread::scope(|scope| {
            for half in [0..entries / 2, entries / 2..entries] {
                let cache = &cache;
                scope.spawn(move || half.for_each(|index| put(cache, index)));
            }
        });
    }
    cache
}

fn put(cache: &Cache<Raw>, index: usize) {
    let policy = Policy::new().expire_in(WEEK).tag(group(index));
    let policy = if index % 10 == 0 { policy.tag("tag-0") } else { policy };
    cache.put(name(index), &vec![b'x'; SIZE], &policy).expect("put");
}

/// What a process needs that did everything once in a tree of this size: the most it ever had, in KiB.
///
/// # Panics
/// When an operation fails.
#[must_use]
pub fn memory(path: &Path, entries: usize) -> u64 {
    let cache = grown(path, entries, Memory::new());
    for turn in 0..20 * LEAST {
        cache.get::<Vec<u8>>(name(turn % LEAST * (entries / LEAST))).expect("get");
    }
    for index in 0..LEAST {
        put(&cache, index);
    }
    cache.invalidate_tag(group(0)).expect("invalidate");
    (0..GROUP).for_each(|index| put(&cache, index));
    cache.sweep().expect("sweep");
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}
