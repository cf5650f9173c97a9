//! The corpus of the fuzz target `codec_decode` holds without a fuzzer, too.
#![cfg(all(
    feature = "json",
    feature = "bincode",
    feature = "cbor",
    feature = "postcard",
    feature = "zstd",
    feature = "lz4"
))]

#[path = "property/mod.rs"]
mod property;

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_the_fuzz_corpus_keeps_the_property() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/codec_decode");
    let mut replayed = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        // The name of the file is what someone needs who sees this fail.
        let outcome = std::panic::catch_unwind(|| property::codec_decode(&bytes));
        assert!(outcome.is_ok(), "the property fails for {}", path.display());
        replayed += 1;
    }
    assert!(replayed >= 32, "only {replayed} files in {}: where is the seed corpus?", folder.display());
}
