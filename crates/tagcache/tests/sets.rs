//! Set operations on tags: all of several, and everything under a path. What they take, what they leave, and what they do
//! to fills in flight.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tagcache::fs::Errno;
use tagcache::{Cache, Error, Lookup, Policy, Raw, Source, Stale, Stored};
use tagcache_testkit::{Call, Fault, TestSys};

use common::{Fixture, fill, hooked, stale, text};

/// Pages of two posts in two languages, and the data of two organisations.
fn site() -> Fixture {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    for post in ["1", "2"] {
        for lang in ["fr", "nl"] {
            let tags = [format!("post/{post}"), format!("lang/{lang}")];
            cache.put(format!("{post}.{lang}"), &text("page"), &Policy::new().tags(tags)).unwrap();
        }
    }
    for path in ["org/7", "org/7/user/9", "org/7/user/10", "org/77/user/9", "organ/7"] {
        cache.put(path, &text("data"), &Policy::new().tag_path(path)).unwrap();
    }
    fixture
}

/// Which of these are fresh.
fn fresh(fixture: &Fixture, keys: &[&'static str]) -> Vec<&'static str> {
    let is_fresh = |key: &&&str| fixture.cache.get::<String>(key).expect("no fault").is_some();
    keys.iter().filter(is_fresh).copied().collect()
}

const PAGES: [&str; 4] = ["1.fr", "1.nl", "2.fr", "2.nl"];
const PATHS: [&str; 5] = ["org/7", "org/7/user/9", "org/7/user/10", "org/77/user/9", "organ/7"];

#[test]
fn all_of_several_tags_takes_what_has_every_one_of_them() {
    let fixture = site();
    assert_eq!(fixture.cache.invalidate_all_of(["post/1", "lang/fr"]).unwrap(), 1);
    assert_eq!(fresh(&fixture, &PAGES), ["1.nl", "2.fr", "2.nl"]);
    assert_eq!(fixture.cache.invalidate_all_of(["post/1", "post/2"]).unwrap(), 0);
    assert_eq!(fixture.cache.invalidate_all_of(["lang/nl", "unknown"]).unwrap(), 0);
    assert_eq!(fixture.cache.invalidate_all_of(["lang/nl"]).unwrap(), 2, "all of one tag");
    assert_eq!(fresh(&fixture, &PAGES), ["2.fr"]);
}

#[test]
fn all_of_no_tags_is_an_error_and_takes_nothing() {
    let fixture = site();
    assert!(matches!(fixture.cache.invalidate_all_of::<&str>([]), Err(Error::NoTags)));
    assert!(matches!(fixture.cache.expire_all_of::<&str>([]), Err(Error::NoTags)));
    assert!(matches!(fixture.cache.invalidate_all_of(["lang/fr", ""]), Err(Error::Name(_))));
    assert_eq!(fresh(&fixture, &PAGES), PAGES);
}

#[test]
fn what_has_all_of_several_tags_can_be_softly_expired() {
    let fixture = site();
    assert_eq!(fixture.cache.expire_all_of(["post/2", "lang/nl"]).unwrap(), 1);
    let look = fixture.cache.lookup::<String>("2.nl").unwrap();
    assert_eq!(stale(look), (text("page"), Stale::SoftlyExpired));
    assert_eq!(fresh(&fixture, &PAGES), ["1.fr", "1.nl", "2.fr"]);
}

#[test]
fn under_a_path_is_the_path_and_what_has_it_in_front() {
    for (path, left) in [
        ("org/7", &["org/77/user/9", "organ/7"][..]),
        ("org/7/", &["org/77/user/9", "organ/7"]),
        ("org/7/user", &["org/7", "org/77/user/9", "organ/7"]),
        ("org/7/user/9", &["org/7", "org/7/user/10", "org/77/user/9", "organ/7"]),
        ("org", &["organ/7"]),
        ("or", &PATHS),
        ("user/9", &PATHS),
    ] {
        let fixture = site();
        let taken = fixture.cache.invalidate_under(path).unwrap();
        assert_eq!(fresh(&fixture, &PATHS), left, "under {path}");
        assert_eq!(usize::try_from(taken).unwrap(), PATHS.len() - left.len(), "each is reached once");
    }
}

#[test]
fn under_a_path_can_be_softly_expired() {
    let fixture = site();
    assert_eq!(fixture.cache.expire_under("org/7/user").unwrap(), 2);
    let look = fixture.cache.lookup::<String>("org/7/user/10").unwrap();
    assert_eq!(stale(look), (text("data"), Stale::SoftlyExpired));
    assert_eq!(fresh(&fixture, &PATHS), ["org/7", "org/77/user/9", "organ/7"]);
}

#[test]
fn a_plain_tag_has_no_levels_and_a_path_is_a_plain_tag_besides() {
    let fixture = site();
    fixture.cache.put("plain", &text("data"), &Policy::new().tag("org/7/user/9")).unwrap();
    fixture.cache.invalidate_under("org/7").unwrap();
    assert_eq!(fresh(&fixture, &["plain"]), ["plain"]);
    fixture.cache.invalidate_tag("org/77/user/9").unwrap();
    fixture.cache.invalidate_under("org/7/user/9").unwrap();
    assert_eq!(fresh(&fixture, &["plain", "org/77/user/9"]), Vec::<&str>::new());
}

#[test]
fn a_path_without_a_name_is_no_tag() {
    let fixture = site();
    assert!(matches!(fixture.cache.invalidate_under("/"), Err(Error::Name(_))));
    let stored = fixture.cache.put("k", &text("v"), &Policy::new().tag_path("/"));
    assert!(matches!(stored, Err(Error::Name(_))));
}

#[test]
fn each_level_of_a_path_is_a_tag_and_one_link_more() {
    let fixture = Fixture::new();
    fixture.cache.put("k", &text("v"), &Policy::new().tag_path("org/7/user/9")).unwrap();
    let entry = fixture.cache.entries().next().unwrap().unwrap();
    assert_eq!(entry.tags, [&b"org/"[..], b"org/7/", b"org/7/user/", b"org/7/user/9"]);
    assert_eq!(fs::metadata(fixture.entry("k")).unwrap().nlink(), 1 + 4);
}

#[test]
fn a_fill_that_has_all_of_the_tags_is_raced_and_one_without_the_rarest_is_stored() {
    let fixture = Fixture::new();
    let begin =
        |cache: &Cache<Raw, TestSys>, key: &str| fill(cache.begin::<String>(key, &Policy::new()).unwrap());
    let (mut both, mut other) = (begin(&fixture.cache, "both"), begin(&fixture.cache, "other"));
    fixture.cache.invalidate_all_of(["rare", "common"]).unwrap();
    ["common", "rare"].iter().for_each(|tag| both.add_tag(tag));
    other.add_tag("common");
    assert_eq!(both.commit(&text("v")).unwrap(), Stored::Raced);
    assert_eq!(other.commit(&text("v")).unwrap(), Stored::Yes);
}

#[test]
fn a_fill_that_names_its_path_only_while_it_computes_is_raced_by_every_level() {
    for path in ["org", "org/7", "org/7/user", "org/7/user/9"] {
        let fixture = Fixture::new();
        let hit = fixture.cache.get_with("k", &Policy::new(), |fill| {
            // No such tag exists yet, in no folder.
            fixture.cache.invalidate_under(path).unwrap();
            fill.add_tag_path("org/7/user/9");
            text("v")
        });
        assert!(matches!(hit.source(), Source::Computed { stored: Stored::Raced, .. }), "under {path}");
    }
}

#[test]
fn each_set_operation_wins_over_a_fill_at_each_of_its_calls() {
    type Take = fn(&Cache<Raw, TestSys>) -> Result<u64, Error>;
    let operations: [Take; 4] = [
        |cache| cache.invalidate_all_of(["b", "a"]),
        |cache| cache.expire_all_of(["a", "b"]),
        |cache| cache.invalidate_under("org/7"),
        |cache| cache.expire_under("org/7"),
    ];
    for take in operations {
        let mut instants = 0;
        while overtaken_at(instants, take) {
            instants += 1;
        }
        assert!(instants > 10, "a fill is more than {instants} calls");
    }
}

/// Invalidates in the instant before one of the calls that a fill makes after it has begun to compute; `false` when there
/// are not so many.
fn overtaken_at(instant: u64, take: fn(&Cache<Raw, TestSys>) -> Result<u64, Error>) -> bool {
    let fixture = Fixture::new();
    let (armed, calls, other) = (Arc::new(AtomicBool::new(false)), AtomicU64::new(0), fixture.cache.clone());
    let computing = Arc::clone(&armed);
    let cache = hooked(
        &fixture,
        |_| true,
        move || {
            if computing.load(Ordering::SeqCst) && calls.fetch_add(1, Ordering::SeqCst) == instant {
                computing.store(false, Ordering::SeqCst);
                take(&other).unwrap();
            }
        },
    );
    let hit = cache.get_with("k", &Policy::new().tags(["a", "b"]), |fill| {
        armed.store(true, Ordering::SeqCst);
        fill.add_tag_path("org/7/user/9");
        text("old")
    });
    assert_eq!(*hit, "old", "whatever happened, its caller has it");
    let look = fixture.cache.lookup::<String>("k").unwrap();
    let reached = !armed.load(Ordering::SeqCst);
    assert!(!reached || !matches!(look, Lookup::Fresh(_)), "before call {instant}: {look:?}");
    reached
}

#[test]
fn a_set_operation_that_cannot_be_completed_says_so_and_a_second_one_finishes() {
    for call in [Call::StatAt, Call::SetMtime, Call::Unlink] {
        let fixture = site();
        fixture.world.faults.add(Fault::on(call, Errno::IO).below("data/"));
        match fixture.cache.invalidate_all_of(["post/1", "lang/fr"]) {
            Err(Error::Incomplete(error)) => assert_eq!(error.first().errno(), Errno::IO, "{call}"),
            other => panic!("{call} failed, and something may still be served: {other:?}"),
        }
        fixture.cache.invalidate_all_of(["post/1", "lang/fr"]).unwrap();
        assert_eq!(fresh(&fixture, &PAGES), ["1.nl", "2.fr", "2.nl"], "{call}");
    }
}
