//! Every peer does the job, at every level that it has, before anybody measures how fast. One test for each, so that
//! the name of the one that does not is in the first line.

#![allow(clippy::unwrap_used, clippy::panic)] // a failed assumption is a failed test

use std::path::PathBuf;

use tagcache_compare::check::{WEEK, check};
use tagcache_compare::crew::Office;
use tagcache_compare::peers;

fn does_the_job(name: &str) {
    let dir = tempfile::tempdir().unwrap();
    let office =
        Office { program: PathBuf::from(env!("CARGO_BIN_EXE_tagcache-compare")), entries: 10, ttl: WEEK };
    let kind = peers::named(name).unwrap();
    for (level, _) in kind.levels {
        check(kind, *level, &dir.path().join(level.word()), &office)
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

macro_rules! each {
    ($($test:ident: $name:literal,)*) => {
        $(#[test] fn $test() { does_the_job($name); })*

        #[test]
        fn no_peer_is_left_out() {
            let tested = [$($name),*];
            assert!(peers::ALL.iter().all(|kind| tested.contains(&kind.name)), "one has no test here");
        }
    };
}

each! {
    tagcache_does_the_job: "tagcache",
    tagcache_compact_does_the_job: "tagcache-compact",
    tagcache_on_disk_does_the_job: "tagcache-disk",
    cacache_does_the_job: "cacache",
    sqlite_does_the_job: "sqlite",
    lmdb_does_the_job: "lmdb",
    redb_does_the_job: "redb",
    redb_among_processes_does_the_job: "redb-shared",
    fjall_does_the_job: "fjall",
    foyer_does_the_job: "foyer",
    foyer_on_disk_does_the_job: "foyer-disk",
    cached_does_the_job: "cached",
    moka_does_the_job: "moka",
}
