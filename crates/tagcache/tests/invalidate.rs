//! Invalidation and soft expiry: what they take, what they leave, and that a failure is said.

mod common;

use std::fs;

use tagcache::fs::Errno;
use tagcache::{Builder, Error, Layout, Lookup, Miss, Policy, Raw, Stale};
use tagcache_testkit::{Call, Fault};

use common::{DAY, Fixture, HOUR, LAYOUT, fill, miss, stale, text};

/// Three pages: "both" has the tags "blog" and "bio", the others have one each.
fn blog() -> Fixture {
    let fixture = Fixture::new();
    for (key, tags) in [("both", &["blog", "bio"][..]), ("posts", &["blog"]), ("about", &["bio"])] {
        fixture.cache.put(key, &text(key), &Policy::new().tags(tags).expire_in(DAY)).expect("a put");
    }
    fixture
}

/// Which of the pages are fresh.
fn fresh(fixture: &Fixture) -> Vec<&'static str> {
    let is_fresh = |key: &&str| fixture.cache.get::<String>(key).expect("no fault").is_some();
    ["both", "posts", "about"].into_iter().filter(is_fresh).collect()
}

#[test]
fn a_tag_takes_the_entries_that_have_it_and_no_others() {
    let fixture = blog();
    assert_eq!(fixture.cache.invalidate_tag("bio").unwrap(), 2);
    assert_eq!(fresh(&fixture), ["posts"]);
    assert!(!fixture.tag_folder("bio").exists(), "its folder went with it");
    assert_eq!(fixture.cache.invalidate_tag("bio").unwrap(), 0, "nothing is left to take");
}

#[test]
fn of_several_tags_one_is_enough() {
    let fixture = blog();
    assert_eq!(fixture.cache.invalidate_tags(["bio", "blog", "unknown"]).unwrap(), 4, "one for each link");
    assert_eq!(fresh(&fixture), Vec::<&str>::new());
}

#[test]
fn a_key_takes_its_entry_with_its_links_and_no_other() {
    let fixture = blog();
    assert!(fixture.cache.invalidate_key("both").unwrap());
    assert_eq!(fresh(&fixture), ["posts", "about"]);
    assert_eq!(fixture.files("data").len(), 4, "two entries with a link each");
    assert!(!fixture.cache.invalidate_key("both").unwrap(), "there was none any more");
}

#[test]
fn clear_takes_everything_but_held_leases() {
    let fixture = blog();
    let held = fill(fixture.cache.begin::<String>("new", &Policy::new()).unwrap());
    assert_eq!(fixture.cache.clear().unwrap(), 3, "one for each entry");
    assert_eq!(fresh(&fixture), Vec::<&str>::new());
    assert!(fixture.files("data").is_empty());
    assert_eq!(fixture.files("locks").len(), 1);
    drop(held);
    fixture.cache.put("both", &text("both"), &Policy::new()).unwrap();
    assert_eq!(fresh(&fixture), ["both"], "and the cache goes on");
}

#[test]
fn another_process_sees_it_at_once() {
    let fixture = blog();
    let other = fixture.another_process(Builder::new(Raw));
    assert_eq!(fresh(&other).len(), 3);
    fixture.cache.invalidate_tag("blog").unwrap();
    assert_eq!(fresh(&other), ["about"]);
    other.cache.clear().unwrap();
    assert_eq!(fresh(&fixture), Vec::<&str>::new());
}

#[test]
fn soft_expiry_leaves_the_value_until_it_is_refreshed() {
    let fixture = blog();
    let cache = &fixture.cache;
    assert_eq!(cache.expire_tag("bio").unwrap(), 2);
    assert_eq!(fresh(&fixture), ["posts"]);
    assert_eq!(stale(cache.lookup::<String>("both").unwrap()), (text("both"), Stale::SoftlyExpired));

    let page = cache.get_with("both", &Policy::new(), |_| text("refreshed"));
    assert_eq!(*page, "refreshed");
    assert_eq!(fresh(&fixture), ["both", "posts"]);
}

#[test]
fn soft_expiry_of_a_key_is_its_own_affair() {
    let fixture = blog();
    assert!(fixture.cache.expire_key("both").unwrap());
    assert_eq!(fresh(&fixture), ["posts", "about"]);
    assert!(!fixture.cache.expire_key("nothing").unwrap());
    assert_eq!(fixture.cache.expire_tags(["blog", "bio"]).unwrap(), 4, "its links are all there");
}

#[test]
fn soft_expiry_does_not_prolong_a_life_and_does_not_soften_an_invalidation() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put("page", &text("page"), &Policy::new().tag("t").expire_in(HOUR).keep_stale(HOUR)).unwrap();
    cache.expire_tag("t").unwrap();
    fixture.world.clock.advance(HOUR);
    assert_eq!(stale(cache.lookup::<String>("page").unwrap()).1, Stale::Expired);
    fixture.world.clock.advance(HOUR);
    assert!(matches!(miss(cache.lookup::<String>("page").unwrap()), Miss::TooOld));

    cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
    cache.invalidate_tag("t").unwrap();
    cache.expire_key("page").unwrap();
    assert!(matches!(miss(cache.lookup::<String>("page").unwrap()), Miss::Invalidated));
}

#[test]
fn an_impossible_tag_is_an_error_before_anything_is_done() {
    let fixture = blog();
    assert!(matches!(fixture.cache.invalidate_tags(["blog", ""]), Err(Error::Name(_))));
    assert!(matches!(fixture.cache.expire_tags(["blog", ""]), Err(Error::Name(_))));
    assert!(matches!(fixture.cache.invalidate_key(""), Err(Error::Name(_))));
    assert!(matches!(fixture.cache.expire_key(""), Err(Error::Name(_))));
    assert_eq!(fresh(&fixture).len(), 3);
    assert_eq!(fixture.cache.stats().invalidations, 0);
}

#[test]
fn foreign_files_between_the_links_are_left_alone() {
    let fixture = blog();
    let folder = fixture.tag_folder("bio");
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    fs::create_dir(folder.join("zz")).unwrap();
    fs::write(folder.join("zz/2:x"), "mine").unwrap();
    assert_eq!(fixture.cache.invalidate_tag("bio").unwrap(), 2);
    assert_eq!(fs::read(folder.join("notes.txt")).unwrap(), b"mine");
    assert_eq!(fs::read(folder.join("zz/2:x")).unwrap(), b"mine");
}

/// Each call that an invalidation of the tag "bio" needs, and where.
const NEEDED: [(Call, &str); 4] =
    [(Call::Open, "data/"), (Call::SetMtime, "data/"), (Call::Unlink, "data/"), (Call::ReadDir, "data/")];

#[test]
fn an_invalidation_that_cannot_be_completed_says_so_and_does_the_rest() {
    for (call, below) in NEEDED {
        let fixture = blog();
        fixture.world.faults.add(Fault::on(call, Errno::IO).below(below));
        let Err(Error::Incomplete(error)) = fixture.cache.invalidate_tag("bio") else {
            panic!("{call} failed, and something may still be served")
        };
        assert_eq!((error.first().errno(), error.failures()), (Errno::IO, 1), "{call}");
        assert_eq!(fixture.cache.stats().invalidations, 0, "{call}");

        fixture.cache.invalidate_tag("bio").unwrap();
        assert_eq!(fresh(&fixture), ["posts"], "{call}: done again, it is complete");
    }
}

#[test]
fn the_message_of_an_incomplete_invalidation_names_what_may_be_served_and_what_to_do() {
    let fixture = blog();
    fixture.world.faults.add(Fault::on(Call::SetMtime, Errno::ROFS).below("data/").for_ever());
    let message = fixture.cache.invalidate_tag("bio").unwrap_err().to_string();
    let place = match LAYOUT {
        Layout::Compact => "data/18/tag:62696f",
        _ => "data/18/ae/tag:62696f",
    };
    assert!(
        message.starts_with(&format!("entries with the tags at {place} may still be served: ")),
        "{message}"
    );
    assert!(message.ends_with("(and 1 more failures); invalidate again once this is mended"), "{message}");
}

#[test]
fn a_barrier_that_fails_makes_every_invalidation_incomplete() {
    let fixture = blog();
    for call in [Call::Sync, Call::SyncFs] {
        fixture.world.faults.add(Fault::on(call, Errno::IO).for_ever());
    }
    let cache = &fixture.cache;
    assert!(
        matches!(cache.invalidate_tag("nothing"), Err(Error::Incomplete(_))),
        "also when nothing was found"
    );
    assert!(matches!(cache.expire_tag("bio"), Err(Error::Incomplete(_))));
    assert!(matches!(cache.invalidate_key("both"), Err(Error::Incomplete(_))));
    assert!(matches!(cache.expire_key("posts"), Err(Error::Incomplete(_))));
    assert!(matches!(cache.clear(), Err(Error::Incomplete(_))));
    assert!(matches!(cache.replace("both", &text("new"), &Policy::new()), Err(Error::Incomplete(_))));
}

#[test]
fn a_log_that_can_be_neither_written_nor_broken_makes_an_invalidation_incomplete() {
    let fixture = blog();
    fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("log").for_ever());
    fixture.cache.invalidate_tag("bio").expect("a full disk breaks the log, which stands for every record");
    fixture.world.faults.add(Fault::on(Call::SetMode, Errno::IO).below("log").for_ever());
    assert!(matches!(fixture.cache.invalidate_tag("blog"), Err(Error::Incomplete(_))));
    assert_eq!(fresh(&fixture), Vec::<&str>::new(), "what could be taken was taken");
}

#[test]
fn a_full_disk_does_not_let_a_fill_escape_an_invalidation() {
    let fixture = blog();
    let other = fixture.another_process(Builder::new(Raw));
    let fill = fill(fixture.cache.begin::<String>("page", &Policy::new().tag("bio")).unwrap());
    other.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).for_ever());
    other.cache.invalidate_tag("bio").unwrap();
    assert_eq!(fill.commit(&text("page")).unwrap(), tagcache::Stored::Raced);
}

#[test]
fn an_invalidated_entry_stays_in_its_place_until_it_is_replaced_or_swept() {
    let fixture = blog();
    fixture.cache.invalidate_tag("bio").unwrap();
    assert!(fixture.entry("both").exists());
    assert!(matches!(fixture.cache.lookup::<String>("both").unwrap(), Lookup::Miss(Miss::Invalidated)));
    fixture.cache.sweep().unwrap();
    assert!(!fixture.entry("both").exists());
    assert!(matches!(fixture.cache.lookup::<String>("both").unwrap(), Lookup::Miss(Miss::Absent)));
}
