//! A program outside gives names to our files, and puts back what was taken away: nothing comes to life again.

use std::fs;
use std::path::PathBuf;

use tagcache_actors::Stage;

use crate::stage;

/// The one entry of a root, and another place for it.
fn entry_and_copy(stage: &Stage) -> (PathBuf, PathBuf) {
    let data = stage.root().join("data");
    let entry = stage.files("data").into_iter().find(|path| path.contains("key:")).expect("one entry");
    (data.join(entry), stage.root().with_extension("backup"))
}

#[test]
fn an_entry_with_a_foreign_hard_link_is_not_made_whole_by_an_invalidation() {
    let stage = stage();
    let [mut writer, mut other] = stage.actors();
    writer.expect("put home v1 bio", "stored");
    let (entry, copy) = entry_and_copy(&stage);
    fs::hard_link(entry, copy).unwrap();
    other.expect("lookup home", "miss foreign link");
    // Two names again, as many as it was published with.
    writer.expect("invalidate-tag bio", "took 1");
    other.expect("lookup home", "miss invalidated");
    other.expect("get-with home v2 bio", "computed v2 stored");
}

#[test]
fn an_invalidated_entry_that_a_backup_puts_back_stays_dead() {
    for invalidation in ["invalidate-key home", "clear", "replace home v2"] {
        let stage = stage();
        let [mut writer, mut other] = stage.actors();
        writer.expect("put home v1", "stored");
        let (entry, copy) = entry_and_copy(&stage);
        fs::hard_link(&entry, &copy).unwrap();
        let done = writer.ask(invalidation);
        assert!(["took 1", "stored"].contains(&done.as_str()), "{invalidation}: {done}");
        fs::rename(copy, entry).unwrap();
        assert_eq!(other.ask("lookup home"), "miss invalidated", "after `{invalidation}`");
    }
}
