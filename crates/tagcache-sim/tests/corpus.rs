//! The corpora of the fuzz targets `interleave` and `crash_consistency` hold without a fuzzer, too.

#![allow(clippy::unwrap_used, clippy::panic)] // what fails here is a failed test

use std::fs;
use std::path::Path;

use tagcache_sim::fuzzing;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        // The name of the file is what someone needs who sees this fail.
        let outcome = std::panic::catch_unwind(|| check(&bytes));
        assert!(outcome.is_ok(), "an invariant is broken by {}", path.display());
        replayed += 1;
    }
    assert!(replayed >= 64, "only {replayed} files in {}: where is the seed corpus?", folder.display());
}

#[test]
fn no_interleaving_in_the_fuzz_corpus_breaks_an_invariant() {
    replay("interleave", fuzzing::interleave);
}

#[test]
fn no_power_cut_in_the_fuzz_corpus_breaks_an_invariant() {
    replay("crash_consistency", fuzzing::crash_consistency);
}
