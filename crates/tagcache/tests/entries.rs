//! Looking into the cache: which entries are listed, and what is said of each.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::time::{Duration, SystemTime};

use tagcache::codec::Codec;
use tagcache::fs::{Durability, Errno};
use tagcache::{Builder, Cache, Entries, EntryInfo, Error, Miss, Policy, Raw, State};
use tagcache_testkit::{Call, Fault, TestSys};

use common::{DAY, Fixture, HAS_BUCKETS, HOUR, LAYOUT, PLANTS, SECOND, SHARDS, plant, text};

/// The keys that are listed, sorted, with what is said of each.
fn listed(entries: Entries<Raw, TestSys>) -> Vec<(String, String)> {
    let describe =
        |entry: EntryInfo| (String::from_utf8_lossy(&entry.key).into_owned(), entry.state.to_string());
    let mut listed: Vec<_> = entries.map(|entry| describe(entry.expect("no fault"))).collect();
    listed.sort_unstable();
    listed
}

fn keys(entries: Entries<Raw, TestSys>) -> Vec<String> {
    listed(entries).into_iter().map(|(key, _)| key).collect()
}

fn with_tag(cache: &Cache<Raw, TestSys>, tag: &str) -> Entries<Raw, TestSys> {
    cache.entries_with_tag(tag).expect("a tag")
}

/// The only entry.
fn only(cache: &Cache<Raw, TestSys>) -> EntryInfo {
    let mut entries = cache.entries();
    let only = entries.next().expect("there is one").expect("no fault");
    assert!(entries.next().is_none(), "and no other");
    only
}

#[test]
fn every_entry_is_listed_and_by_a_tag_those_that_have_it() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    for (key, tags) in [("both", &["a", "b"][..]), ("one", &["a"]), ("none", &[])] {
        cache.put(key, &text(key), &Policy::new().tags(tags)).unwrap();
    }
    assert_eq!(keys(cache.entries()), ["both", "none", "one"]);
    assert_eq!(keys(with_tag(cache, "a")), ["both", "one"]);
    assert_eq!(keys(with_tag(cache, "b")), ["both"]);
    assert_eq!(keys(with_tag(cache, "c")), Vec::<String>::new());
    assert!(matches!(cache.entries_with_tag(""), Err(Error::Name(_))));
}

#[test]
fn an_entry_tells_everything_but_its_value() {
    let fixture = Fixture::new();
    let now: SystemTime = fixture.world.clock.now().into();
    let policy = Policy::new().tags(["b", "a"]).expire_in(HOUR).keep_stale(DAY);
    // A key and a tag whose names in the tree are digests.
    let long = "x".repeat(300);
    let _hit = fixture.cache.get_with(&long, &policy.tag(&long), |_| {
        fixture.world.clock.advance(SECOND);
        text("value")
    });
    let entry = only(&fixture.cache);
    assert_eq!(entry.key, long.as_bytes());
    assert_eq!(entry.tags, [&b"a"[..], b"b", long.as_bytes()]);
    assert_eq!(entry.created, now + SECOND);
    assert_eq!(entry.expires, Some(now + SECOND + HOUR));
    assert_eq!(entry.kept_until, Some(now + SECOND + HOUR + DAY));
    assert_eq!(entry.compute_time, SECOND);
    assert_eq!(entry.codec, Raw::ID);
    assert_eq!(entry.size, fs::metadata(fixture.entry(&long)).unwrap().len());
    assert!(matches!(entry.state, State::Fresh));
    assert_eq!(keys(with_tag(&fixture.cache, &long)), [long]);
}

#[test]
fn what_never_expires_has_no_end_and_what_a_tool_outside_shortened_has_an_earlier_one() {
    let fixture = Fixture::new();
    fixture.cache.put("k", &text("value"), &Policy::new()).unwrap();
    assert_eq!((only(&fixture.cache).expires, only(&fixture.cache).kept_until), (None, None));
    let soon = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    fs::File::open(fixture.entry("k")).unwrap().set_modified(soon).unwrap();
    assert_eq!(only(&fixture.cache).expires, Some(soon));
}

#[test]
fn the_state_of_an_entry_is_what_a_reader_would_be_told() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = |tag: &str| Policy::new().tag(tag).tag("all");
    cache.put("fresh", &text("v"), &policy("a")).unwrap();
    cache.put("expired", &text("v"), &policy("a").expire_in(SECOND)).unwrap();
    cache.put("too old", &text("v"), &policy("a").expire_in(SECOND).keep_stale(Duration::ZERO)).unwrap();
    cache.put("soft", &text("v"), &policy("soft")).unwrap();
    cache.put("dead", &text("v"), &policy("dead")).unwrap();
    cache.put("backed up", &text("v"), &policy("a")).unwrap();
    fixture.world.clock.advance(SECOND);
    cache.expire_tag("soft").unwrap();
    cache.invalidate_tag("dead").unwrap();
    let backup = tempfile::tempdir_in(fixture.path().parent().unwrap()).unwrap();
    fs::hard_link(fixture.entry("backed up"), backup.path().join("copy")).unwrap();
    let expected = [
        ("backed up", "unusable: foreign link"),
        ("dead", "unusable: invalidated"),
        ("expired", "stale: expired"),
        ("fresh", "fresh"),
        ("soft", "stale: softly expired"),
        ("too old", "unusable: too old"),
    ]
    .map(|(key, state)| (text(key), text(state)));
    assert_eq!(listed(cache.entries()), expected);
    assert_eq!(listed(with_tag(cache, "all")), expected, "its link under this tag is still there");
}

#[test]
fn an_entry_of_any_type_can_be_fresh_and_one_of_another_boot_cannot() {
    let fixture = Fixture::with(Builder::new(Raw).durability(Durability::Volatile));
    fixture.cache.with_schema("other").put("k", &text("v"), &Policy::new()).unwrap();
    assert!(matches!(only(&fixture.cache).state, State::Fresh));
    fixture.world.clock.set_boot_id([7; 16]);
    assert!(matches!(only(&fixture.cache).state, State::Unusable(Miss::OtherBoot)));
}

#[test]
fn what_was_replaced_or_removed_is_not_listed_although_its_link_is_there() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put("k", &text("old"), &Policy::new().tags(["kept", "dropped"])).unwrap();
    // Whoever replaces it dies before its links are removed.
    fixture.world.faults.add(Fault::on(Call::Unlink, Errno::IO).below("data/").for_ever());
    cache.put("k", &text("new"), &Policy::new().tag("kept")).unwrap();
    fixture.world.faults.mend();
    assert_eq!(fixture.files(&tag_folder("dropped")).len(), 1, "the link is there");
    assert_eq!(listed(with_tag(cache, "kept")), [(text("k"), text("fresh"))]);
    assert_eq!(keys(with_tag(cache, "dropped")), Vec::<String>::new());

    fs::remove_file(fixture.entry("k")).unwrap();
    assert_eq!(keys(with_tag(cache, "kept")), Vec::<String>::new());
}

fn tag_folder(tag: &str) -> String {
    tagcache::fs::Tag::new(tag).unwrap().path_in(LAYOUT).into_string().unwrap()
}

#[test]
fn an_entry_that_was_moved_to_another_key_is_said_to_be_of_another_key() {
    let fixture = Fixture::new();
    fixture.cache.put("k", &text("v"), &Policy::new()).unwrap();
    fs::rename(fixture.entry("k"), fixture.make_folders_of("l")).unwrap();
    let entry = only(&fixture.cache);
    assert_eq!(entry.key, b"k");
    assert!(matches!(entry.state, State::Unusable(Miss::OtherKey)));
}

#[test]
fn what_is_no_entry_is_passed_over() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let outside = tempfile::tempdir().unwrap();
    for (number, what) in PLANTS.into_iter().enumerate() {
        plant(what, &fixture.make_folders_of(&format!("planted {number}")), &outside.path().join("file"));
    }
    fs::write(fixture.make_folders_of("empty"), b"").unwrap();
    fs::write(fixture.make_folders_of("noise"), [7; 5000]).unwrap();
    cache.put("k", &text("v"), &Policy::new().tag("t")).unwrap();
    // A link of another entry, planted under the tag.
    cache.put("l", &text("v"), &Policy::new()).unwrap();
    let ino =
        cache.root().entry(&tagcache::fs::Key::new("l").unwrap()).unwrap().into_entry().unwrap().meta().id.1;
    let bucket = fixture.bucket("t", format!("{:02}", ino % 100));
    fs::create_dir_all(&bucket).unwrap();
    fs::hard_link(fixture.entry("l"), bucket.join(format!("1:{ino}"))).unwrap();
    assert_eq!(keys(cache.entries()), ["k", "l"]);
    assert_eq!(keys(with_tag(cache, "t")), ["k"]);
}

#[test]
fn what_cannot_be_read_is_an_error_and_the_others_follow() {
    let fixture = Fixture::new();
    for key in ["1", "2", "3"] {
        fixture.cache.put(key, &text("v"), &Policy::new().tag("t")).unwrap();
    }
    for call in [Call::Read, Call::Stat] {
        for by_tag in [false, true] {
            fixture.world.faults.add(Fault::on(call, Errno::IO).below("data/"));
            let entries = if by_tag { with_tag(&fixture.cache, "t") } else { fixture.cache.entries() };
            let (listed, failed): (Vec<_>, Vec<_>) = entries.partition(Result::is_ok);
            assert_eq!((listed.len(), failed.len()), (2, 1), "{call}");
            assert!(matches!(&failed[0], Err(Error::Io(error)) if error.errno() == Errno::IO), "{call}");
        }
    }
    fixture.world.faults.add(Fault::on(Call::StatAt, Errno::IO).below("data/"));
    assert_eq!(with_tag(&fixture.cache, "t").filter(Result::is_err).count(), 1);
}

#[test]
fn writers_beside_a_listing_neither_stop_it_nor_make_it_lie() {
    let fixture = Fixture::new();
    let other = fixture.another_process(Builder::new(Raw));
    for number in 0..50 {
        fixture.cache.put(number.to_string(), &text("v"), &Policy::new().tag("t")).unwrap();
    }
    for (met, entry) in with_tag(&fixture.cache, "t").enumerate() {
        let entry = entry.expect("no fault");
        assert!(matches!(entry.state, State::Fresh), "{entry:?}");
        // Whatever comes next is replaced before it is reached.
        if met == 0 {
            for number in 0..50 {
                other.cache.put(number.to_string(), &text("w"), &Policy::new().tag("t")).unwrap();
            }
        }
    }
    assert_eq!(keys(fixture.cache.entries()).len(), 50);
}

#[test]
fn an_entry_costs_four_calls_and_one_more_by_its_tag() {
    let fixture = Fixture::new();
    fixture.cache.put("k", &text("v"), &Policy::new().tag("t").expire_in(HOUR)).unwrap();
    let folders = |calls: u64| [(Call::Open, calls), (Call::Close, calls), (Call::ReadDir, 2 * calls)];
    let entry = [(Call::Open, 1), (Call::Stat, 1), (Call::Read, 1), (Call::Close, 1)];
    let count = |by_tag: bool| {
        let list =
            || if by_tag { with_tag(&fixture.cache, "t").count() } else { fixture.cache.entries().count() };
        let (listed, calls) = fixture.world.counter.during(list);
        assert_eq!(listed, 1);
        calls
    };
    let sum = |folder: u64| {
        let [open, close, read_dir] = folders(folder);
        tagcache_testkit::Counts::from([open, close, read_dir, entry[0], entry[1], entry[2], entry[3]])
    };
    // `data/` and two shards of as many levels as there are: that of the entry and that of its tag.
    assert_eq!(count(false), sum(1 + 2 * SHARDS));
    // The tag's folder and one bucket, if there are any, and a look at the key.
    let by_tag = count(true);
    assert_eq!(by_tag.since(&sum(1 + u64::from(HAS_BUCKETS))), [(Call::StatAt, 1)]);
}
