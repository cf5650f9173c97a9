//! Upkeep in slices: by hand, by puts, by a thread; and a sweep that goes on where another process stopped.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is a test")]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tagcache::fs::sys::Work;
use tagcache::fs::{Errno, Key, Os, Time};
use tagcache::{Builder, Cache, Limits, Policy, Raw, Sweep, SweepOptions, Upkeep};
use tagcache_testkit::{At, Call, Fault, Layer, Layered, TestSys, files};

use common::{Fixture, HOUR, LAYOUT, keys_of_one_shard, plant, text};

/// Every call takes a millisecond: a budget of time is then one of calls.
struct Slow(AtomicUsize);

impl Layer for Slow {
    fn before(&self, _at: &At<'_>) -> Result<(), Errno> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn elapsed(&self, _below: &dyn Fn() -> Duration) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed) as u64)
    }
}

fn slow(fixture: &Fixture) -> Cache<Raw, Layered<TestSys, Slow>> {
    let sys = Layered::over(fixture.world.sys(), &Arc::new(Slow(AtomicUsize::new(0))));
    Builder::new(Raw).open_on(sys, fixture.path()).unwrap()
}

/// A tree with something of everything that a sweep removes; how many entries of it are dead.
fn littered() -> Fixture {
    let fixture = Fixture::new();
    for page in 0..60 {
        let policy = Policy::new().tags(["all".to_owned(), format!("{}", page % 3)]);
        fixture.cache.put(format!("page {page}"), &text("page"), &policy).unwrap();
    }
    fixture.cache.invalidate_tag("1").unwrap();
    fs::write(fixture.entry("page 3"), "damaged").unwrap();
    fs::write(fixture.path().join("tmp/00000000000000000000000000000000.0000000000000000"), "half").unwrap();
    fs::write(fixture.path().join("locks/00000000000000000000000000000000"), "").unwrap();
    fixture
}

fn add(sum: &mut Sweep, part: Sweep) {
    sum.drafts += part.drafts;
    sum.entries += part.entries;
    sum.links += part.links;
    sum.leases += part.leases;
    sum.folders += part.folders;
    sum.kept += part.kept;
    sum.kept_bytes += part.kept_bytes;
}

#[test]
fn slices_by_changing_processes_do_together_what_one_sweep_does() {
    let (whole, sliced) = (littered(), littered());
    let expected = whole.cache.sweep().unwrap();
    let slice = SweepOptions::new().at_most(Duration::from_millis(40));
    let (mut sum, mut slices) = (Sweep::default(), 0);
    loop {
        // Another process each time.
        let part = slow(&sliced).sweep_with(&slice).unwrap();
        assert!(part.took < Duration::from_millis(400), "{:?}", part.took);
        add(&mut sum, part);
        slices += 1;
        if part.finished {
            break;
        }
    }
    assert!(slices > 5, "{slices}");
    assert_eq!((sum.drafts, sum.entries, sum.kept), (expected.drafts, expected.entries, expected.kept));
    // How many folders there are depends on the numbers of the inodes.
    assert_eq!((sum.links, sum.leases, sum.folders > 0), (expected.links, expected.leases, true));
    assert_eq!(sliced.files("data").len(), whole.files("data").len());
    let again = sliced.cache.sweep().unwrap();
    assert_eq!((again.entries, again.links, again.folders), (0, 0, 0));
    let usage = sliced.cache.usage().unwrap();
    assert_eq!((usage.files, usage.counted), (sum.kept, true));
}

/// Outer folders that do not exist were left uncounted where a slice ended in the first one after them: a cache with limits
/// never knew how much there is.
#[test]
fn slices_of_any_length_count_the_whole_tree() {
    for at_most in [0, 10, 40] {
        let fixture = littered();
        let slice = SweepOptions::new().at_most(Duration::from_millis(at_most));
        while !slow(&fixture).sweep_with(&slice).unwrap().finished {}
        let found = counted(&fixture);
        let whole = fixture.cache.sweep_with(&SweepOptions::new().keep_tallies(true)).unwrap();
        assert_eq!((found, found.0), (counted(&fixture), whole.kept), "{at_most} ms");
    }
}

#[test]
fn a_slice_without_any_time_does_one_step_all_the_same() {
    let fixture = littered();
    let none = SweepOptions::new().at_most(Duration::from_millis(1));
    let mut slices = 0;
    while !slow(&fixture).sweep_with(&none).unwrap().finished {
        slices += 1;
        assert!(slices < 2000, "it does not get on");
    }
    assert_eq!(fixture.cache.sweep().unwrap().entries, 0);
}

/// The leases were swept in one go at the end of a sweep, however many there were.
#[test]
fn slices_end_in_time_beside_many_leases_and_remove_them_all_together() {
    let fixture = littered();
    for (at_most, leases) in [(Duration::ZERO, 500), (Duration::from_millis(200), 500)] {
        for lease in 0..leases {
            fs::write(fixture.path().join(format!("locks/{lease:032x}")), "").unwrap();
        }
        let (mut removed, mut most) = (0, 0);
        loop {
            // Another process each time.
            let part = slow(&fixture).sweep_with(&SweepOptions::new().at_most(at_most)).unwrap();
            assert!(part.took < at_most + Duration::from_secs(1), "{at_most:?}: {:?}", part.took);
            (removed, most) = (removed + part.leases, most.max(part.leases));
            if part.finished {
                break;
            }
        }
        assert!((leases..=leases + 1).contains(&removed), "and that of the littered tree: {removed}");
        assert!(most <= 64, "{most} in one slice");
        // What was counted before the leases is neither forgotten nor counted twice.
        let found = counted(&fixture);
        let whole = fixture.cache.sweep_with(&SweepOptions::new().keep_tallies(true)).unwrap();
        assert_eq!((found, found.0), (counted(&fixture), whole.kept));
    }
}

/// How many entries are counted, and how much space but for the file of tallies itself.
fn counted(fixture: &Fixture) -> (u64, u64) {
    let usage = fixture.cache.usage().unwrap();
    assert!(usage.counted);
    (usage.files, usage.bytes - fs::metadata(fixture.path().join("usage")).unwrap().blocks() * 512)
}

#[test]
fn a_dry_run_reports_what_would_go_and_changes_nothing() {
    let fixture = littered();
    let before = files(fixture.path()).unwrap();
    let dry = fixture.cache.sweep_with(&SweepOptions::new().dry_run(true)).unwrap();
    assert_eq!(files(fixture.path()).unwrap(), before);
    let real = fixture.cache.sweep().unwrap();
    assert_eq!((dry.drafts, dry.entries, dry.leases), (real.drafts, real.entries, real.leases));
    assert_eq!((dry.kept, dry.kept_bytes, dry.bytes), (real.kept, real.kept_bytes, real.bytes));
    assert!(dry.links > 0 && dry.links <= real.links && dry.folders <= real.folders);
}

#[test]
fn foreign_names_stay_unless_it_is_asked_for() {
    let fixture = Fixture::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("mine"), "mine").unwrap();
    fixture.cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
    plant("a directory", &fixture.path().join("data/theirs"), outside.path());
    fs::write(fixture.path().join("data/theirs/file"), "theirs").unwrap();
    plant("a symbolic link", &fixture.path().join("tmp/link"), outside.path());
    plant("a socket", &fixture.tag_folder("t").join("socket"), outside.path());
    fs::write(fixture.path().join("beside"), "theirs").unwrap();
    let remove = SweepOptions::new().remove_foreign(true);
    for (options, removed) in [(SweepOptions::new(), 0), (remove.dry_run(true), 3), (remove, 3)] {
        let report = fixture.cache.sweep_with(&options).unwrap();
        assert_eq!((report.foreign, report.foreign_removed), (3, removed));
    }
    let report = fixture.cache.sweep().unwrap();
    assert_eq!((report.foreign, report.kept), (0, 1));
    assert!(outside.path().join("mine").exists() && fixture.path().join("beside").exists());
    assert!(fixture.cache.get::<String>("page").unwrap().is_some());
}

#[test]
fn upkeep_sweeps_an_hour_after_the_last_sweep_and_not_before() {
    let fixture = Fixture::new();
    let upkeep = || fixture.cache.upkeep(HOUR).unwrap();
    fixture.cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
    assert!(upkeep().finished);
    fixture.cache.invalidate_tag("t").unwrap();
    fixture.world.clock.advance(HOUR / 2);
    assert_eq!((upkeep().entries, upkeep().finished), (0, true));
    fixture.world.clock.advance(HOUR);
    assert_eq!(upkeep().entries, 1);
    // The clock is set back: a sweep that is yet to be finished was none.
    fixture.cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
    fixture.cache.invalidate_tag("t").unwrap();
    let now = fixture.world.clock.now();
    fixture.world.clock.set(Time::from_nanos(now.as_nanos() - 36_000_000_000_000));
    assert_eq!(upkeep().entries, 1);
}

#[test]
fn puts_pay_for_sweeps_when_they_are_asked_to() {
    for upkeep in [Upkeep::OnCall, Upkeep::ByPuts] {
        let fixture = Fixture::with(Builder::new(Raw).upkeep(upkeep));
        fixture.cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
        fixture.cache.invalidate_tag("t").unwrap();
        for page in 0..300 {
            fixture.world.clock.advance(HOUR / 60);
            fixture.cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
        }
        assert_eq!(fixture.entry("page").exists(), upkeep == Upkeep::OnCall);
    }
}

#[test]
fn what_upkeep_meets_in_a_put_is_a_fault_and_not_an_error_of_the_put() {
    let fixture = Fixture::with(Builder::new(Raw).upkeep(Upkeep::ByPuts));
    fixture.world.faults.add(Fault::on(Call::ReadDir, Errno::IO));
    for page in 0..65 {
        fixture.cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert_eq!(fixture.cache.stats().faults, 1);
}

/// A put used to evict all that was beyond a limit, which takes minutes where a limit is lowered over a large cache.
#[test]
fn where_a_limit_is_lowered_many_puts_share_what_must_go() {
    let most_calls_of_a_put = |entries: u64| {
        let fixture = Fixture::with(Builder::new(Raw).limits(Limits::new().files(entries)));
        for page in 0..entries {
            fixture.cache.put(format!("{page}"), &text("page"), &Policy::new().tag("t")).unwrap();
        }
        let limit = entries / 10;
        let calls = Arc::new(Slow(AtomicUsize::new(0)));
        let builder = Builder::new(Raw).limits(Limits::new().files(limit));
        let cache = builder.open_on(Layered::over(fixture.world.sys(), &calls), fixture.path()).unwrap();
        let (mut most, mut files) = (0, entries);
        for put in 0.. {
            let before = calls.0.load(Ordering::Relaxed);
            cache.put(format!("new {put}"), &text("page"), &Policy::new()).unwrap();
            most = most.max(calls.0.load(Ordering::Relaxed) - before);
            let now = cache.usage().unwrap().files;
            assert!(now < files, "it gets less with each put");
            files = now;
            if files <= limit {
                break;
            }
        }
        let keys = fixture.files("data").into_iter().filter(|name| name.contains("/key:"));
        assert!(keys.count() as u64 <= limit, "it is within its limit");
        most
    };
    let (few, many) = (most_calls_of_a_put(100), most_calls_of_a_put(400));
    assert!(many < few + few / 4, "however much must go: {few} calls, {many} calls");
}

/// Beside an entry of one block and its folders a put used to owe two blocks, however many folders it had made.
#[test]
fn puts_that_make_folders_pay_for_them_too_where_each_has_little_time() {
    let limit = 2 << 20;
    let fixture = Fixture::new();
    let sys = Layered::over(fixture.world.sys(), &Arc::new(Slow(AtomicUsize::new(0))));
    let cache = Builder::new(Raw).limits(Limits::new().bytes(limit)).open_on(sys, fixture.path()).unwrap();
    // While it is still being counted nothing goes.
    assert!(cache.sweep().unwrap().finished && cache.usage().unwrap().counted);
    let mut least = u64::MAX;
    for put in 0..3000 {
        let policy = Policy::new().tags(["all".to_owned(), format!("t{put}")]);
        cache.put(format!("{put}"), &text("page"), &policy).unwrap();
        if put > 2500 {
            // Not the most: the file of tallies may grow by a jump.
            least = least.min(cache.usage().unwrap().bytes);
        }
    }
    assert!(least <= limit + limit / 64, "{least} of {limit}");
}

/// How many threads run that the environment was asked for.
#[derive(Default)]
struct Threads {
    running: Mutex<usize>,
    ended: Condvar,
}

/// The real system, and its threads counted.
#[derive(Clone)]
struct Counting(Arc<Threads>);

impl Counting {
    fn running(&self) -> usize {
        *self.0.running.lock().unwrap()
    }

    fn wait_until_none_runs(&self) {
        let running = self.0.running.lock().unwrap();
        drop(self.0.ended.wait_while(running, |running| *running > 0).unwrap());
    }
}

impl Layer for Counting {
    fn work(&self, work: Work) -> Work {
        *self.0.running.lock().unwrap() += 1;
        let threads = Arc::clone(&self.0);
        Box::new(move || {
            work();
            *threads.running.lock().unwrap() -= 1;
            threads.ended.notify_all();
        })
    }
}

fn place(key: &str) -> String {
    Key::new(key).unwrap().path_in(LAYOUT).into_string().unwrap()
}

#[test]
fn the_thread_evicts_and_ends_with_the_last_handle() {
    let threads = Counting(Arc::default());
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits::new().files(128);
    let builder = Builder::new(Raw).limits(limits).upkeep(Upkeep::Thread);
    let cache = builder.open_on(Layered::over(Os, &Arc::new(threads.clone())), dir.path()).unwrap();
    let clone = cache.clone();
    for page in 0..400 {
        cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
        let is_there = |page: &i32| dir.path().join(place(&format!("{page}"))).exists();
        assert!((0..=page).filter(is_there).count() <= 128 + 2 + 1, "a slice of grace, and this put");
    }
    drop(cache);
    assert_eq!(threads.running(), 1, "there is another handle");
    drop(clone);
    threads.wait_until_none_runs();
}

/// A system that has no thread to spare.
struct NoThreads;

impl Layer for NoThreads {
    fn before(&self, at: &At<'_>) -> Result<(), Errno> {
        if at.call == Call::Spawn { Err(Errno::AGAIN) } else { Ok(()) }
    }
}

#[test]
fn where_there_is_no_thread_puts_do_its_work() {
    let fixture = Fixture::new();
    let builder = Builder::new(Raw).limits(Limits::new().files(10)).upkeep(Upkeep::Thread);
    let sys = Layered::over(fixture.world.sys(), &Arc::new(NoThreads));
    let cache = builder.open_on(sys, fixture.path()).unwrap();
    fixture.cache.put("page", &text("page"), &Policy::new().tag("t")).unwrap();
    fixture.cache.invalidate_tag("t").unwrap();
    for page in 0..100 {
        cache.put(format!("{page}"), &text("page"), &Policy::new()).unwrap();
    }
    assert!(!fixture.entry("page").exists());
    assert_eq!(fixture.files("data").len(), 10);
}

#[test]
fn slices_go_on_within_the_folder_of_a_tag_with_thousands_of_links() {
    let fixture = Fixture::new();
    fixture.cache.put("alive", &text("page"), &Policy::new().tag("t")).unwrap();
    // Links of files that have no other name, as a process leaves them that died while it took their keys away.
    let dead = 3000;
    for _ in 0..dead {
        let new = fixture.tag_folder("t").join("new");
        fs::write(&new, b"").unwrap();
        let name = format!("2:{}", fs::metadata(&new).unwrap().ino());
        let bucket = fixture.bucket("t", &name[name.len() - 2..]);
        fs::create_dir_all(&bucket).unwrap();
        fs::rename(new, bucket.join(name)).unwrap();
    }
    let none = SweepOptions::new().at_most(Duration::ZERO);
    let (mut links, mut most) = (0, 0);
    loop {
        // Another process each time: all that it knows is what the last one left in `usage`.
        let part = fixture.another_process(Builder::new(Raw)).cache.sweep_with(&none).unwrap();
        (links, most) = (links + part.links, most.max(part.links));
        if part.finished {
            break;
        }
    }
    assert_eq!(links, dead, "each goes once");
    assert!(most <= 1024, "{most} in one slice");
    assert!(fixture.cache.get::<String>("alive").unwrap().is_some());
    assert_eq!(fixture.cache.sweep().unwrap().links, 0, "none was missed");
}

/// A shard was judged whole, which is a 256th of all entries of a compact root.
#[test]
fn slices_go_on_within_a_shard_of_many_entries() {
    let fixture = Fixture::new();
    for (number, key) in keys_of_one_shard().take(300).enumerate() {
        fixture.cache.put(&key, &text("page"), &Policy::new()).unwrap();
        if number % 3 == 0 {
            fs::write(fixture.entry(&key), "damaged").unwrap();
        }
    }
    let none = SweepOptions::new().at_most(Duration::ZERO);
    let (mut sum, mut most) = (Sweep::default(), 0);
    loop {
        let part = fixture.another_process(Builder::new(Raw)).cache.sweep_with(&none).unwrap();
        add(&mut sum, part);
        most = most.max(part.entries + part.kept);
        if part.finished {
            break;
        }
    }
    assert_eq!((sum.entries, sum.kept), (100, 200), "each is judged once");
    assert!(most <= 64, "{most} in one slice");
    assert_eq!(counted(&fixture).0, 200);
}
