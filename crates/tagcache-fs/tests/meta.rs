//! What one `fstat` says, as a table of cases.

mod common;

use std::time::Duration;

use common::Site;
use tagcache_fs::meta::{POISON, links_of, mtime_of};
use tagcache_fs::sys::{FileKind, Stat};
use tagcache_fs::{Meta, Standing, Time};

const NOW: Time = Time::from_nanos(1_000_000_000_000);

const STAT: Stat = Stat {
    dev: 1,
    ino: 2,
    nlink: 3,
    size: 5,
    mtime: Time::from_nanos(2_000_000_000_000),
    atime: NOW,
    ctime: NOW,
    mode: 0o600,
    kind: FileKind::File,
    allocated: 4096,
};

fn meta(nlink: u64, mtime: Time, mode: u32) -> Meta {
    Meta::from(Stat { nlink, mtime, mode, ..STAT })
}

fn later(secs: u64) -> Time {
    NOW.after(Duration::from_secs(secs))
}

#[test]
fn an_entry_is_fresh_only_whole_unexpired_and_not_softly_expired() {
    let cases = [
        ("whole", 3, later(1), 0o600, Standing::Whole, true),
        (
            "whole to the last nanosecond",
            3,
            Time::from_nanos(NOW.as_nanos() + 1),
            0o600,
            Standing::Whole,
            true,
        ),
        ("expired in this very nanosecond", 3, NOW, 0o600, Standing::Whole, false),
        ("expired", 3, Time::from_nanos(NOW.as_nanos() - 1), 0o600, Standing::Whole, false),
        ("softly expired", 3, later(1), 0o400, Standing::Whole, false),
        ("a name less", 2, later(1), 0o600, Standing::Detached, false),
        ("no name", 0, later(1), 0o600, Standing::Detached, false),
        ("a name more", 4, later(1), 0o600, Standing::ForeignLink, false),
        ("poisoned and whole", 3, POISON, 0o600, Standing::Poisoned, false),
        ("poisoned and detached", 2, POISON, 0o600, Standing::Poisoned, false),
        ("poisoned with a name more", 4, POISON, 0o600, Standing::Poisoned, false),
    ];
    for (what, links, mtime, mode, standing, fresh) in cases {
        let meta = meta(links, mtime, mode);
        assert_eq!(meta.standing(3), standing, "{what}");
        assert_eq!(meta.is_fresh(3, NOW), fresh, "{what}");
    }
}

#[test]
fn what_the_poison_marks_is_never_fresh_at_any_time() {
    assert!(!meta(3, POISON, 0o600).is_fresh(3, POISON));
    assert!(!meta(3, POISON, 0o600).is_fresh(3, Time::MAX));
}

#[test]
fn a_whole_entry_has_a_name_for_each_tag_and_one_for_its_key() {
    assert_eq!((links_of(0), links_of(2), links_of(u64::MAX)), (1, 3, u64::MAX));
}

#[test]
fn an_expiry_is_rounded_up_to_what_the_filesystem_can_hold_and_is_never_the_poison() {
    let mut can = *Site::new().root.capabilities();
    let second = 1_000_000_000;
    (can.mtime_max, can.mtime_granularity) = (Time::from_nanos(1000 * second), second);
    let cases = [
        (Time::EPOCH, second),
        (Time::from_nanos(1), second),
        (Time::from_nanos(5 * second), 5 * second),
        (Time::from_nanos(5 * second + 1), 6 * second),
        (Time::from_nanos(999 * second + 1), 1000 * second),
        (Time::from_nanos(1000 * second + 1), 1000 * second),
        (Time::MAX, 1000 * second),
    ];
    for (expiry, expected) in cases {
        assert_eq!(mtime_of(expiry, &can).as_nanos(), expected, "{expiry:?}");
    }
    can.mtime_granularity = 1;
    assert_eq!(mtime_of(Time::from_nanos(5 * second + 1), &can).as_nanos(), 5 * second + 1);
    can.mtime_max = Time::EPOCH;
    assert_eq!(mtime_of(Time::MAX, &can), Time::EPOCH, "nonsense gives the safe side, and no panic");
}

#[test]
fn an_entry_that_never_expires_is_fresh_as_far_as_the_filesystem_can_count() {
    let site = Site::new();
    let mut draft = site.root.draft(&common::key("k"), site.root.mark().unwrap()).unwrap();
    draft.write(b"value").unwrap();
    let published = draft.stamp(Time::MAX).unwrap().link(&[]).unwrap().check().unwrap().publish().unwrap();
    site.world.clock.advance(Duration::from_secs(20 * 365 * 24 * 3600));
    // A filesystem that ends in 2038 would end it there, and the test with it.
    let expected = site.root.capabilities().mtime_max > tagcache_fs::sys::Env::now(site.root.sys());
    assert_eq!(common::get(&site.root, &common::key("k"), published.links()).is_some(), expected);
}

#[test]
fn any_fact_of_an_inode_but_its_last_use_is_a_change() {
    let earlier = Meta::from(STAT);
    let cases = [
        ("the same look again", STAT, true),
        ("a use", Stat { atime: later(1), ..STAT }, true),
        ("more space on disk", Stat { allocated: 8192, ..STAT }, true),
        (
            "a name gone and another one come",
            Stat { ctime: Time::from_nanos(NOW.as_nanos() + 1), ..STAT },
            false,
        ),
        (
            "the same, and the clock set back",
            Stat { ctime: Time::from_nanos(NOW.as_nanos() - 1), ..STAT },
            false,
        ),
        ("a name less", Stat { nlink: 2, ..STAT }, false),
        ("a name more", Stat { nlink: 4, ..STAT }, false),
        ("poison", Stat { mtime: POISON, ..STAT }, false),
        ("another expiry", Stat { mtime: later(1), ..STAT }, false),
        ("soft expiry", Stat { mode: 0o400, ..STAT }, false),
        ("other bytes", Stat { size: 6, ..STAT }, false),
        ("another inode", Stat { ino: 3, ..STAT }, false),
        ("another device", Stat { dev: 3, ..STAT }, false),
    ];
    for (what, stat, unchanged) in cases {
        assert_eq!(Meta::from(stat).is_unchanged_since(&earlier), unchanged, "{what}");
    }
}

#[test]
fn a_stamp_is_settled_once_no_later_change_can_get_the_same() {
    let (milli, second) = (1_000_000, 1_000_000_000);
    let mut can = *Site::new().root.capabilities();
    let cases = [
        ("in the very instant", 1, 0, false),
        ("ten ticks later, and the next could be the same", 1, 100 * milli, false),
        ("ten ticks and one unit later", 1, 100 * milli + 1, true),
        ("an hour later", 1, 3600 * second, true),
        ("within the unit of a coarse filesystem", second, second + 100 * milli - 1, false),
        ("beyond it", second, second + 100 * milli, true),
    ];
    for (what, unit, age, settled) in cases {
        can.mtime_granularity = unit;
        let since = Time::from_nanos(NOW.as_nanos() + age);
        assert_eq!(Meta::from(STAT).is_settled(since, &can), settled, "{what}");
    }
    can.mtime_granularity = 1;
    let ahead = Meta::from(Stat { ctime: later(3600), ..STAT });
    assert!(!ahead.is_settled(NOW, &can), "the clock was set back and will pass there again");
    let never = Meta::from(Stat { ctime: Time::MAX, ..STAT });
    assert!(!never.is_settled(Time::from_nanos(u64::MAX - 1), &can));
}
