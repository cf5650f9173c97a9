//! The layer under the processes: boots, marks in the record, and mistakes that are planted.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

use std::path::Path;
use std::sync::Arc;

use tagcache::fs::sys::{FsKind, Sys};
use tagcache::fs::{Key, Os, Tag};
use tagcache::{Builder, Cache, Durability, Policy, Raw, Stored};
use tagcache_powerfail::power::{Break, Power};
use tagcache_powerfail::record::Recorder;
use tagcache_testkit::{Call, Counter, Counting, Layered};

type Counted = Layered<Counting<Os>, Power>;

/// A cache over a broken system, and the calls that reach the kernel.
fn broken(path: &Path, mistake: Option<Break>) -> (Cache<Raw, Counted>, Arc<Counter>) {
    let counter = Arc::new(Counter::default());
    let recorder = Recorder::open(&path.join("record")).unwrap();
    let power = Arc::new(Power::writer(1, mistake, 1, &recorder));
    let sys = Layered::over(Counting::over(Os, &counter), &power);
    let cache = Builder::new(Raw).open_on(sys, path.join("root")).unwrap();
    (cache, counter)
}

/// How many barriers of an invalidation reach the kernel.
fn barriers(cache: &Cache<Raw, Counted>, counter: &Counter) -> u64 {
    let (_, calls) = counter.during(|| cache.invalidate_tag("t").unwrap());
    calls.of(Call::Sync) + calls.of(Call::SyncFs)
}

fn put(cache: &Cache<Raw, Counted>) {
    let stored = cache.put("k", &b"value".to_vec(), &Policy::new().tag("t")).unwrap();
    assert_eq!(stored, Stored::Yes);
}

#[test]
fn without_a_mistake_every_invalidation_waits_for_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, counter) = broken(dir.path(), None);
    put(&cache);
    assert_eq!(barriers(&cache, &counter), 1);
    assert_eq!(barriers(&cache, &counter), 1, "nothing was left to find");
}

#[test]
fn the_mistake_barrier_keeps_all_barriers_from_the_kernel_and_says_all_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, counter) = broken(dir.path(), Some(Break::Barrier));
    put(&cache);
    assert_eq!(barriers(&cache, &counter), 0);
}

#[test]
fn the_mistake_empty_leaves_out_the_barrier_only_when_nothing_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, counter) = broken(dir.path(), Some(Break::Empty));
    put(&cache);
    assert_eq!(barriers(&cache, &counter), 1);
    put(&cache);
    let entry = cache.root().entry(&Key::new("k").unwrap()).unwrap().into_entry().unwrap();
    entry.remove().unwrap();
    entry.remove_links(&[Tag::new("t").unwrap()]).unwrap();
    assert_eq!(barriers(&cache, &counter), 0, "evicted, then invalidated");
}

#[test]
fn the_mistake_order_takes_every_filesystem_for_a_journaled_one() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::open(&dir.path().join("record")).unwrap();
    let sys = Layered::over(Os, &Arc::new(Power::writer(1, Some(Break::Order), 1, &recorder)));
    let root = sys.open_root(dir.path()).unwrap();
    assert_eq!(sys.fs_kind(&root).unwrap(), FsKind::Journaled);
}

#[test]
fn a_volatile_value_is_not_served_in_another_boot() {
    let dir = tempfile::tempdir().unwrap();
    let in_boot = |boot| {
        let sys = Layered::over(Os, &Arc::new(Power::reader(boot)));
        Builder::new(Raw).durability(Durability::Volatile).open_on(sys, dir.path()).unwrap()
    };
    in_boot(1).put("k", &b"value".to_vec(), &Policy::new()).unwrap();
    assert!(in_boot(1).get::<Vec<u8>>("k").unwrap().is_some());
    assert!(in_boot(2).get::<Vec<u8>>("k").unwrap().is_none());
}

#[test]
fn a_put_is_marked_in_the_record_when_its_draft_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, _) = broken(dir.path(), None);
    put(&cache);
    let record = std::fs::read_to_string(dir.path().join("record")).unwrap();
    assert_eq!(record, "1.0 marked\n", "and neither the probe of the root nor its log is taken for one");
}
