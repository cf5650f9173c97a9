//! Reads: every reason why there is no value, and every reason why one is stale, each brought about for real.

mod common;

use std::fs;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tagcache::fs::{Durability, Errno, Time};
use tagcache::{Builder, Error, Lookup, Miss, Policy, Raw, Source, Stale};
use tagcache_testkit::{At, Call, Fault};

use common::{DAY, Fixture, HOUR, PLANTS, hooked, miss, plant, stale, text};

/// A cache with the value "page" under the key "page" and the tag "blog", fresh for an hour.
fn with_page() -> Fixture {
    let fixture = Fixture::new();
    let policy = Policy::new().tag("blog").expire_in(HOUR);
    fixture.cache.put("page", &text("page"), &policy).expect("a put");
    fixture
}

fn look(fixture: &Fixture) -> Lookup<String> {
    fixture.cache.lookup::<String>("page").expect("an environment without faults")
}

#[test]
fn a_fresh_value_comes_from_disk() {
    let fixture = with_page();
    let hit = look(&fixture).fresh().expect("it was just put");
    assert_eq!((hit.as_str(), hit.source()), ("page", Source::Disk));
    assert_eq!(hit.into_owned(), "page");
}

#[test]
fn a_key_that_was_never_put_is_absent() {
    let fixture = with_page();
    assert!(matches!(miss(fixture.cache.lookup::<String>("other").unwrap()), Miss::Absent));
    assert!(fixture.cache.get::<String>("other").unwrap().is_none());
}

#[test]
fn an_entry_whose_tag_was_removed_is_invalidated_whatever_removed_it() {
    let fixture = with_page();
    fixture.cache.invalidate_tag("blog").unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::Invalidated), "poisoned");

    let fixture = with_page();
    fs::remove_dir_all(fixture.tag_folder("blog")).unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::Invalidated), "one name less, as rm -r leaves it");
}

#[test]
fn an_entry_that_was_poisoned_stays_invalidated_when_a_backup_adds_a_name() {
    let fixture = with_page();
    let entry = fixture.entry("page");
    fixture.cache.invalidate_tag("blog").unwrap();
    fs::hard_link(&entry, fixture.path().join("backup")).unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::Invalidated), "the count is that of a whole entry again");
}

#[test]
fn an_entry_with_a_foreign_hard_link_is_never_fresh() {
    let fixture = with_page();
    let backup = fixture.path().join("backup");
    fs::hard_link(fixture.entry("page"), &backup).unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::ForeignLink));
    fs::remove_file(backup).unwrap();
    assert!(matches!(look(&fixture), Lookup::Fresh(_)), "without it the count can be trusted again");
}

#[test]
fn an_expired_value_is_stale_until_it_is_too_old() {
    let fixture = Fixture::new();
    let (cache, clock) = (&fixture.cache, &fixture.world.clock);
    let policy = Policy::new().expire_in(HOUR).keep_stale(DAY);
    cache.put("page", &text("page"), &policy).unwrap();
    let nanosecond = Duration::from_nanos(1);

    clock.advance(HOUR - nanosecond);
    assert!(matches!(look(&fixture), Lookup::Fresh(_)));
    clock.advance(nanosecond);
    assert_eq!(stale(look(&fixture)), (text("page"), Stale::Expired));
    assert!(cache.get::<String>("page").unwrap().is_none(), "get gives fresh values only");
    clock.advance(DAY - nanosecond);
    assert_eq!(stale(look(&fixture)).1, Stale::Expired);
    clock.advance(nanosecond);
    assert!(matches!(miss(look(&fixture)), Miss::TooOld));
}

#[test]
fn a_tool_outside_can_shorten_a_life_and_not_lengthen_it() {
    let fixture = with_page();
    let file = File::open(fixture.entry("page")).unwrap();
    let at = |time: Time| file.set_modified(SystemTime::from(time)).unwrap();
    let now = fixture.world.clock.now();

    at(now);
    assert_eq!(stale(look(&fixture)).1, Stale::Expired);
    at(now.after(10 * HOUR));
    assert!(matches!(look(&fixture), Lookup::Fresh(_)));
    fixture.world.clock.advance(HOUR);
    assert_eq!(stale(look(&fixture)).1, Stale::Expired, "the record knows better");
}

#[test]
fn a_softly_expired_value_is_stale_and_says_so() {
    let fixture = with_page();
    fixture.cache.expire_tag("blog").unwrap();
    let Lookup::Stale(hit, reason) = look(&fixture) else { panic!("it was softly expired") };
    assert_eq!((reason, hit.source()), (Stale::SoftlyExpired, Source::Stale(Stale::SoftlyExpired)));
}

#[test]
fn a_value_from_the_future_is_stale_beyond_a_minute() {
    let fixture = with_page();
    let clock = &fixture.world.clock;
    let then = clock.now().as_nanos();
    let minute = 60_000_000_000;
    clock.set(Time::from_nanos(then - minute));
    assert!(matches!(look(&fixture), Lookup::Fresh(_)), "two clocks of one machine may differ a little");
    clock.set(Time::from_nanos(then - minute - 1));
    assert_eq!(stale(look(&fixture)).1, Stale::FromTheFuture);
}

#[test]
fn a_file_cut_anywhere_is_damaged() {
    let fixture = with_page();
    let path = fixture.entry("page");
    let whole = fs::read(&path).unwrap();
    for len in 0..whole.len() {
        overwrite(&path, &whole[..len]);
        assert!(matches!(miss(look(&fixture)), Miss::Damaged(_)), "cut to {len} bytes");
    }
    overwrite(&path, &whole);
    assert!(matches!(look(&fixture), Lookup::Fresh(_)));
}

#[test]
fn a_file_with_any_bit_flipped_or_a_byte_more_is_damaged() {
    let fixture = with_page();
    let path = fixture.entry("page");
    let whole = fs::read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        overwrite(&path, &bytes);
        assert!(matches!(miss(look(&fixture)), Miss::Damaged(_)), "bit {bit}");
    }
    overwrite(&path, &[&whole[..], b"\0"].concat());
    assert!(matches!(miss(look(&fixture)), Miss::Damaged(_)));
}

/// Writes into the same inode, and leaves its time as it was.
fn overwrite(path: &Path, bytes: &[u8]) {
    let time = fs::metadata(path).and_then(|entry| entry.modified()).expect("an entry");
    fs::write(path, bytes).expect("a file of ours");
    File::open(path).and_then(|file| file.set_modified(time)).expect("a file of ours");
}

#[test]
fn a_huge_file_that_is_no_record_is_damaged_and_not_read_whole() {
    let fixture = Fixture::new();
    let path = fixture.make_folders_of("page");
    File::create(path).unwrap().set_len(1 << 40).unwrap();
    let (look, calls) = fixture.world.counter.during(|| look(&fixture));
    assert!(matches!(miss(look), Miss::Damaged(_)));
    assert_eq!(calls.of(Call::Read), 1, "its first bytes say enough");
}

#[test]
fn the_record_of_another_key_is_a_miss_that_says_so() {
    let fixture = Fixture::new();
    fixture.cache.put("other", &text("other"), &Policy::new()).unwrap();
    fs::rename(fixture.entry("other"), fixture.make_folders_of("page")).unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::OtherKey));
}

#[test]
fn what_is_no_file_is_neither_followed_nor_waited_for() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    for what in PLANTS {
        let fixture = Fixture::new();
        plant(what, &fixture.make_folders_of("page"), &secret);
        assert!(matches!(miss(look(&fixture)), Miss::NotAFile), "{what}");
    }
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
}

#[test]
fn a_value_from_before_the_last_boot_is_a_miss_in_a_volatile_cache_only() {
    for (durability, survives) in
        [(Durability::Volatile, false), (Durability::Invalidations, true), (Durability::Full, true)]
    {
        let fixture = Fixture::with(Builder::new(Raw).durability(durability));
        fixture.cache.put("page", &text("page"), &Policy::new()).unwrap();
        assert!(matches!(look(&fixture), Lookup::Fresh(_)));
        fixture.world.clock.set_boot_id([7; 16]);
        match look(&fixture) {
            Lookup::Fresh(_) => assert!(survives, "{durability}"),
            look => assert!(matches!(miss(look), Miss::OtherBoot) && !survives, "{durability}"),
        }
    }
}

/// When a reader has opened an entry and is about to look at its inode.
fn between_open_and_stat(at: &At<'_>) -> bool {
    at.call == Call::Stat && at.is_below("data/")
}

#[test]
fn an_entry_that_is_replaced_under_the_eyes_of_a_reader_is_opened_again() {
    let fixture = with_page();
    let other = fixture.another_process(Builder::new(Raw));
    let replaced = AtomicBool::new(false);
    let reader = hooked(&fixture, between_open_and_stat, move || {
        if !replaced.swap(true, Ordering::Relaxed) {
            other.cache.put("page", &text("new page"), &Policy::new()).unwrap();
        }
    });
    assert_eq!(*reader.get::<String>("page").unwrap().expect("its successor is fresh"), "new page");
}

#[test]
fn an_entry_that_is_replaced_at_every_look_is_superseded() {
    let fixture = with_page();
    let other = fixture.another_process(Builder::new(Raw));
    let reader = hooked(&fixture, between_open_and_stat, move || {
        other.cache.put("page", &text("newer page"), &Policy::new()).unwrap();
    });
    assert!(matches!(miss(reader.lookup::<String>("page").unwrap()), Miss::Superseded));
    assert_eq!(reader.stats().unusable, 1);
}

#[test]
fn an_environment_that_says_no_is_an_error_and_no_miss() {
    let fixture = with_page();
    for (call, errno) in [(Call::Open, Errno::MFILE), (Call::Stat, Errno::IO), (Call::Read, Errno::IO)] {
        fixture.world.faults.add(Fault::on(call, errno).below("data/"));
        let error = fixture.cache.get::<String>("page").unwrap_err();
        match error {
            Error::Io(error) => assert_eq!(error.errno(), errno, "{call}"),
            other => panic!("{call}: {other}"),
        }
    }
    assert!(matches!(look(&fixture), Lookup::Fresh(_)));
}

#[test]
fn a_key_that_no_entry_can_have_is_an_error() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    assert!(matches!(cache.get::<String>(""), Err(Error::Name(_))));
    assert!(matches!(cache.get::<String>(vec![0; 4097]), Err(Error::Name(_))));
}

#[test]
fn the_root_may_vanish_and_a_read_is_a_miss() {
    let fixture = with_page();
    fs::remove_dir_all(fixture.path().join("data")).unwrap();
    assert!(matches!(miss(look(&fixture)), Miss::Absent));
}
