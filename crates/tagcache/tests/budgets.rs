//! What each operation asks of the kernel, call by call: the budgets of the design, held exactly.
//!
//! The cache is warm: its log is open. Closing a file counts, and so does chance, which comes from the kernel too.

mod common;

use std::fs;

use std::time::Duration;

use tagcache::fs::sys::FsKind;
use tagcache::{Builder, Layout, Lookup, Policy, Raw, Source};
use tagcache_testkit::{Call, Counts, Made};

use common::{Fixture, HAS_BUCKETS, HOUR, LAYOUT, fill, text};

/// A warm cache with the value "page" under the key "page" and so many tags.
fn with_page(tags: usize) -> Fixture {
    let fixture = Fixture::new();
    fixture.cache.put("page", &text("page"), &policy(tags)).expect("a put");
    fixture
}

/// Opens the log.
fn warm_up(fixture: &Fixture) {
    drop(fixture.cache.root().mark().expect("a log"));
}

fn policy(tags: usize) -> Policy {
    Policy::new().tags((0..tags).map(|tag| format!("tag {tag}"))).expire_in(HOUR)
}

fn calls<T>(fixture: &Fixture, act: impl FnOnce() -> T) -> Counts {
    fixture.world.counter.during(act).1
}

const HIT: [(Call, u64); 4] = [(Call::Open, 1), (Call::Stat, 1), (Call::Read, 1), (Call::Close, 1)];

#[test]
fn a_hit_is_open_fstat_read_close_whatever_the_number_of_tags() {
    for tags in [0, 1, 128] {
        let fixture = with_page(tags);
        let get = || fixture.cache.get::<String>("page").unwrap().unwrap();
        assert_eq!(calls(&fixture, get), HIT);
        let get_with = || fixture.cache.get_with("page", &policy(tags), |_| text("page"));
        assert_eq!(calls(&fixture, get_with), HIT);
    }
}

/// Once a second somebody looks whether the root is still at its path; this was it.
fn look_at_ground(fixture: &Fixture) {
    let absent = fixture.cache.get::<String>("absent").expect("no fault");
    assert!(absent.is_none());
}

#[test]
fn once_a_second_a_look_at_the_path_of_the_root_costs_six_calls_more() {
    let fixture = with_page(2);
    let get = || fixture.cache.get::<String>("page").unwrap().unwrap();
    for (millis, more) in [(999, 0), (2, 6), (1000, 0), (1, 6)] {
        fixture.world.clock.advance(Duration::from_millis(millis));
        assert_eq!(calls(&fixture, get).total(), 4 + more, "after {millis} ms");
    }
}

#[test]
fn a_stale_value_costs_as_much_as_a_hit() {
    let fixture = with_page(2);
    fixture.world.clock.advance(HOUR);
    look_at_ground(&fixture);
    let look = || assert!(matches!(fixture.cache.lookup::<String>("page").unwrap(), Lookup::Stale(..)));
    assert_eq!(calls(&fixture, look), HIT);
}

#[test]
fn a_hit_of_more_than_a_mebibyte_reads_its_head_first() {
    let fixture = Fixture::new();
    fixture.cache.put("large", &vec![0u8; 2 << 20], &Policy::new()).unwrap();
    let get = || fixture.cache.get::<Vec<u8>>("large").unwrap().unwrap();
    assert_eq!(calls(&fixture, get), [(Call::Open, 1), (Call::Stat, 1), (Call::Read, 2), (Call::Close, 1)]);
}

#[test]
fn a_miss_is_one_call() {
    let fixture = with_page(0);
    assert_eq!(calls(&fixture, || fixture.cache.get::<String>("absent").unwrap()), [(Call::Open, 1)]);
}

#[test]
fn an_invalidated_entry_is_not_read() {
    let fixture = with_page(1);
    fixture.cache.invalidate_tag("tag 0").unwrap();
    let expected = [(Call::Open, 1), (Call::Stat, 1), (Call::StatAt, 1), (Call::Close, 1)];
    assert_eq!(calls(&fixture, || fixture.cache.get::<String>("page").unwrap()), expected);
}

/// Log mark, create, lock, reserve, write, time, inode, links, log check, rename, close, and a random name.
fn put_calls(tags: u64) -> Counts {
    Counts::from([
        (Call::Stat, 3),
        (Call::Random, 1),
        (Call::Create, 1),
        (Call::TryLock, 1),
        (Call::Allocate, 1),
        (Call::Write, 1),
        (Call::SetMtime, 1),
        (Call::Link, tags),
        (Call::Rename, 1),
        (Call::Close, 1),
    ])
}

/// Makes every folder that a put of the page may need: which bucket of a tag it is depends on the inode.
fn make_all_folders(fixture: &Fixture, tags: usize) {
    fixture.make_folders_of("page");
    for tag in 0..tags {
        for bucket in 0..100 {
            let bucket = fixture.bucket(format!("tag {tag}"), format!("{bucket:02}"));
            fs::create_dir_all(bucket).expect("a folder");
        }
    }
}

#[test]
fn a_put_over_a_missing_key_is_eleven_calls_and_one_for_each_tag() {
    for tags in [0, 1, 2, 16] {
        let fixture = Fixture::new();
        warm_up(&fixture);
        make_all_folders(&fixture, tags);
        let put = || fixture.cache.put("page", &text("page"), &policy(tags)).unwrap();
        let made = calls(&fixture, put);
        assert_eq!(made, put_calls(tags as u64), "{tags} tags:\n{made}");
        assert_eq!(made.total(), 11 + tags as u64);
    }
}

#[test]
fn a_tag_that_was_never_seen_costs_a_call_for_each_of_its_folders_and_one_more() {
    for tags in [1, 2, 16] {
        let fixture = Fixture::new();
        warm_up(&fixture);
        fixture.make_folders_of("page");
        let made = calls(&fixture, || fixture.cache.put("page", &text("page"), &policy(tags)).unwrap());
        let tags = tags as u64;
        let folders = match LAYOUT {
            Layout::Compact => 2,
            _ => 4,
        };
        assert_eq!(made.of(Call::MakeDir), folders * tags, "its shards, the folder of the tag, a bucket");
        assert_eq!(made.total(), 11 + tags + (folders + 1) * tags, "and the link is made again:\n{made}");
    }
}

#[test]
fn a_put_over_an_entry_also_takes_away_what_it_replaces() {
    for tags in [0, 2] {
        let fixture = with_page(tags);
        make_all_folders(&fixture, tags);
        let made = calls(&fixture, || fixture.cache.put("page", &text("new"), &policy(tags)).unwrap());
        let (tags, fresh) = (tags as u64, 11 + tags as u64);
        // The rename that is refused, open, fstat, the poison, its head for its tags, its links, close.
        assert_eq!(made.total(), fresh + 6 + tags, "{made}");
        assert_eq!((made.of(Call::Rename), made.of(Call::Unlink)), (2, tags));
    }
}

#[test]
fn a_cold_fill_is_two_looks_a_lease_and_a_put() {
    let fixture = Fixture::new();
    warm_up(&fixture);
    make_all_folders(&fixture, 2);
    let made = calls(&fixture, || fixture.cache.get_with("page", &policy(2), |_| text("page")));
    let lease = [Call::OpenOrCreate, Call::TryLock, Call::Stat, Call::StatAt, Call::Unlink, Call::Close];
    assert_eq!(made.total(), 2 + lease.len() as u64 + 13, "{made}");
}

#[test]
fn the_old_value_while_another_process_refreshes_costs_a_hit_and_a_question() {
    let fixture = with_page(0);
    fixture.world.clock.advance(HOUR);
    let _refreshing = fill(fixture.cache.begin::<String>("page", &policy(0)).unwrap());
    let other = fixture.another_process(Builder::new(Raw));
    look_at_ground(&other);
    let serve = || {
        let hit = other.cache.get_with("page", &policy(0), |_| text("new"));
        assert!(matches!(hit.source(), Source::Stale(_)));
    };
    let question = [(Call::OpenOrCreate, 1), (Call::TryLock, 1), (Call::Close, 1)];
    assert_eq!(calls(&other, serve).total(), 4 + question.len() as u64);
}

/// The end of an invalidation: a record, its check and an fsync where there is a journal, else one sync of all.
fn barrier(fixture: &Fixture) -> u64 {
    match fixture.cache.root().capabilities().kind {
        FsKind::Journaled => 3,
        FsKind::Local | FsKind::Remote => 1,
    }
}

/// A record in the log, and the look whether it is still the current one.
const APPEND: u64 = 2;
/// Open, read, read to the end, close.
const LIST: u64 = 4;

/// So many pages with the tag "blog", and in how many buckets their links lie, if there are any.
fn blog(pages: u64) -> (Fixture, u64) {
    let fixture = Fixture::new();
    warm_up(&fixture);
    for page in 0..pages {
        fixture.cache.put(page.to_string(), &text("page"), &Policy::new().tag("blog")).expect("a put");
    }
    let below = fs::read_dir(fixture.tag_folder("blog")).map_or(0, |dir| dir.count() as u64);
    let buckets = if HAS_BUCKETS { below } else { 0 };
    (fixture, buckets)
}

#[test]
fn a_hard_invalidation_is_four_calls_for_each_link_and_five_for_each_folder() {
    for pages in [0, 1, 20] {
        let (fixture, buckets) = blog(pages);
        let made = calls(&fixture, || fixture.cache.invalidate_tag("blog").unwrap());
        // The folder of a tag that nobody has is not found, and need not be removed.
        let folders = if pages == 0 { 1 } else { (LIST + 1) * (buckets + 1) };
        assert_eq!(made.total(), APPEND + folders + 4 * pages + barrier(&fixture), "{pages} links:\n{made}");
    }
}

#[test]
fn a_soft_expiry_is_four_calls_for_each_link_and_four_for_each_folder() {
    let (fixture, buckets) = blog(20);
    let made = calls(&fixture, || fixture.cache.expire_tag("blog").unwrap());
    assert_eq!(made.total(), APPEND + LIST * (buckets + 1) + 4 * 20 + barrier(&fixture), "{made}");
    assert_eq!(made.of(Call::SetMode), 20);
}

#[test]
fn several_tags_share_one_barrier() {
    let fixture = with_page(3);
    let made = calls(&fixture, || fixture.cache.invalidate_tags(["tag 0", "tag 1", "tag 2"]).unwrap());
    assert_eq!(made.of(Call::Sync) + made.of(Call::SyncFs), 1);
}

#[test]
fn the_invalidation_of_a_key_is_a_look_for_drafts_and_one_call_for_each_link() {
    for tags in [0, 1, 16] {
        let fixture = with_page(tags);
        let made = calls(&fixture, || fixture.cache.invalidate_key("page").unwrap());
        // An empty folder is read once. Open, fstat, head, poison, look at the path, unlink, close.
        let (drafts, entry) = (LIST - 1, 7);
        assert_eq!(
            made.total(),
            APPEND + drafts + entry + tags as u64 + barrier(&fixture),
            "{tags} tags:\n{made}"
        );
    }
}

/// How many of the calls name something below `data/` whose path has `part` in it.
fn about(made: &[Made], part: &str) -> u64 {
    made.iter().filter(|made| made.path.to_string_lossy().contains(part)).count() as u64
}

#[test]
fn clear_is_six_calls_for_each_entry_and_four_for_each_link() {
    let (fixture, buckets) = blog(20);
    let (_, made) = fixture.world.counter.trace(|| fixture.cache.clear().unwrap());
    assert_eq!(about(&made, "/key:"), 6 * 20, "open, fstat, poison, look at the path, unlink, close");
    // Its folder is listed and removed, each bucket too.
    assert_eq!(about(&made, "/tag:"), 4 * 20 + (LIST + 1) * (buckets + 1));
}

#[test]
fn a_sweep_is_four_calls_for_each_sound_entry_and_one_for_each_link() {
    let (fixture, _) = blog(20);
    let (report, made) = fixture.world.counter.trace(|| fixture.cache.sweep().unwrap());
    assert_eq!(report.kept, 20);
    assert_eq!(about(&made, "/key:"), 4 * 20, "open, fstat, the head, close");
    assert_eq!(about(&made, "/2:"), 20, "fstatat");
}
