//! Whatever another process does to an entry, memory serves it no longer.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tagcache::fs::Os;
use tagcache::{Builder, Cache, Lookup, Policy, Raw, Source, Stale};
use tagcache_testkit::{At, Call, Clocked, Hook, Hooked};

use crate::stage::{OtherCache, Stage, kept};

/// What another process does, and what is found afterwards: nothing, the old value as a stale one, or a new value.
type Change = (&'static str, fn(&OtherCache, &Stage), Found);

#[derive(Debug, PartialEq)]
enum Found {
    Nothing,
    Old(Stale),
    New,
}

fn put_new(other: &OtherCache, _: &Stage) {
    other.put("page", &String::from("new"), &Policy::new()).unwrap();
}

const CHANGES: &[Change] = &[
    ("a put over it", put_new, Found::New),
    (
        "a put over it with the same tags",
        |other, _| {
            other.put("page", &String::from("new"), &Policy::new().tags(["tag", "other"])).unwrap();
        },
        Found::New,
    ),
    (
        "a replacement",
        |other, _| {
            other.replace("page", &String::from("new"), &Policy::new()).unwrap();
        },
        Found::New,
    ),
    (
        "an invalidation of its tag",
        |other, _| {
            other.invalidate_tag("tag").unwrap();
        },
        Found::Nothing,
    ),
    (
        "an invalidation of its key",
        |other, _| {
            other.invalidate_key("page").unwrap();
        },
        Found::Nothing,
    ),
    (
        "an invalidation of both of its tags",
        |other, _| {
            other.invalidate_all_of(["tag", "other"]).unwrap();
        },
        Found::Nothing,
    ),
    (
        "a clear",
        |other, _| {
            other.clear().unwrap();
        },
        Found::Nothing,
    ),
    (
        "a soft expiry of its tag",
        |other, _| {
            other.expire_tag("tag").unwrap();
        },
        Found::Old(Stale::SoftlyExpired),
    ),
    (
        "a soft expiry of its key",
        |other, _| {
            other.expire_key("page").unwrap();
        },
        Found::Old(Stale::SoftlyExpired),
    ),
    (
        "an invalidation, then a put",
        |other, stage| {
            other.invalidate_tag("tag").unwrap();
            put_new(other, stage);
        },
        Found::New,
    ),
    (
        "an eviction",
        |other, _| {
            let key = tagcache::fs::Key::new("page").unwrap();
            other.root().entry(&key).unwrap().into_entry().unwrap().remove().unwrap();
        },
        Found::Nothing,
    ),
    (
        "a foreign hard link",
        |_, stage| fs::hard_link(stage.entry("page"), stage.path().join("backup")).unwrap(),
        Found::Nothing,
    ),
    ("a removal by hand", |_, stage| fs::remove_file(stage.entry("page")).unwrap(), Found::Nothing),
    (
        "a name that is lost to nobody's knowledge, and a backup that makes the count right",
        |_, stage| {
            fs::hard_link(stage.entry("page"), stage.path().join("backup")).unwrap();
            fs::remove_file(stage.entry("page")).unwrap();
        },
        Found::Nothing,
    ),
    (
        "the whole root is removed",
        |_, stage| fs::remove_dir_all(stage.path().join("data")).unwrap(),
        Found::Nothing,
    ),
];

#[test]
fn what_any_process_does_is_seen_at_the_next_hit() {
    for (what, change, expected) in CHANGES {
        let stage = Stage::new();
        stage.keep("page");
        stage.wait_for_the_next_instant();
        change(&stage.another_process(), &stage);
        let found = match stage.cache.lookup::<String>("page").unwrap() {
            Lookup::Fresh(hit) => {
                assert_eq!((hit.as_str(), hit.source()), ("new", Source::Disk), "after {what}");
                Found::New
            }
            Lookup::Stale(hit, stale) => {
                assert_eq!(*hit, "value of page", "after {what}");
                Found::Old(stale)
            }
            Lookup::Miss(_) => Found::Nothing,
        };
        assert_eq!(found, *expected, "after {what}");
    }
}

#[test]
fn what_is_done_to_another_entry_changes_nothing() {
    let stage = Stage::new();
    stage.keep("page");
    stage.put("post", &["blog"]);
    let other = stage.another_process();
    other.invalidate_tag("blog").unwrap();
    other.put("post", &String::from("new"), &Policy::new()).unwrap();
    other.invalidate_key("post").unwrap();
    other.sweep().unwrap();
    assert!(stage.is_from_memory("page"));
}

#[test]
fn its_own_changes_are_seen_as_those_of_others() {
    let stage = Stage::new();
    stage.keep("page");
    stage.cache.put("page", &String::from("new"), &Policy::new()).unwrap();
    assert_eq!(*stage.cache.get::<String>("page").unwrap().unwrap(), "new");
    kept(&stage.cache, "page");
    stage.cache.invalidate_key("page").unwrap();
    assert!(stage.cache.get::<String>("page").unwrap().is_none());
}

#[test]
fn an_expiry_that_a_tool_shortens_is_seen() {
    let stage = Stage::new();
    stage.keep("page");
    let past = stage.began().after(Duration::from_secs(1));
    let touched = fs::File::open(stage.entry("page")).unwrap().set_modified(past.into());
    touched.unwrap();
    assert!(matches!(stage.cache.lookup::<String>("page").unwrap(), Lookup::Stale(_, Stale::Expired)));
}

#[test]
fn another_directory_in_the_place_of_the_root_is_served_from_and_the_old_one_is_not() {
    let parent = tempfile::tempdir().unwrap();
    let stage = Stage::at(parent.path().join("cache"));
    stage.keep("page");
    fs::rename(stage.path(), parent.path().join("old")).unwrap();
    put_new(&stage.another_process(), &stage);
    // It is looked at the path once a second.
    stage.world.clock.advance(Duration::from_secs(2));
    kept(&stage.cache, "page");
    assert_eq!(*stage.cache.get::<String>("page").unwrap().unwrap(), "new");
}

/// A process in which something happens before a call.
type HookedCache = Cache<Raw, Hooked<Clocked<Os>, BeforeCall>>;

type BeforeCall = Box<dyn Fn(&At<'_>) -> tagcache::fs::sys::Result<()> + Send + Sync>;

#[test]
fn what_was_being_read_from_the_old_root_while_another_one_took_its_place_is_not_served_later() {
    let parent = tempfile::tempdir().unwrap();
    let stage = Arc::new(Stage::at(parent.path().join("cache")));
    stage.put("page", &[]);
    let reader: Arc<OnceLock<HookedCache>> = Arc::default();
    let (armed, same, old) = (AtomicBool::new(true), Arc::clone(&reader), parent.path().join("old"));
    let stage_of_hook = Arc::clone(&stage);
    let before: BeforeCall = Box::new(move |at| {
        if at.call == Call::Read && at.is_below("data/") && armed.swap(false, Ordering::Relaxed) {
            let (stage, same) = (&stage_of_hook, same.get().unwrap());
            fs::rename(stage.path(), &old).unwrap();
            put_new(&stage.another_process(), stage);
            stage.world.clock.advance(Duration::from_secs(2));
            assert!(same.get::<String>("which makes it look at the path").unwrap().is_none());
        }
        Ok(())
    });
    let sys = Hooked::over(Clocked::over(Os, &stage.world.clock), &Arc::new(Hook::new(before)));
    let cache = reader.get_or_init(|| Builder::new(Raw).open_on(sys, stage.path()).unwrap());
    assert_eq!(
        *cache.get::<String>("page").unwrap().unwrap(),
        "value of page",
        "it was true when it was opened"
    );
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "new");
}
