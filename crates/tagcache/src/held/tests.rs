//! The register by itself, for several tasks that are but numbers.

use std::time::Duration;

use tempfile::TempDir;

use super::*;

struct Place {
    root: Root,
    held: Arc<Held>,
    _dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = Root::open(dir.path()).expect("a root");
        Self { root, held: Arc::default(), _dir: dir }
    }

    fn ask(&self, key: &str, task: u64) -> Answer<tagcache_fs::Os> {
        let key = Key::new(key).expect("a key");
        self.held.ask(&self.root, &key, task).expect("no fault")
    }

    fn take(&self, key: &str, task: u64) -> Box<HeldLease<tagcache_fs::Os>> {
        match self.ask(key, task) {
            Answer::Yours(lease) => lease,
            _ => panic!("nobody has {key}"),
        }
    }

    /// Whether `task` may wait for who has `key`.
    fn follow(&self, key: &str, task: u64) -> Option<Following> {
        match self.ask(key, task) {
            Answer::Here(flight) => self.held.follow(&flight, task),
            _ => panic!("another task has {key}"),
        }
    }
}

#[test]
fn who_follows_is_woken_when_the_lease_is_given_back() {
    let place = Place::new();
    let lease = place.take("a", 1);
    let following = place.follow("a", 2).expect("no cycle");
    assert!(!following.flight().ended().is_given());
    drop(lease);
    following.flight().ended().wait(Duration::MAX);
    assert!(!following.flight().was_unshared());
    assert!(matches!(place.ask("a", 2), Answer::Yours(_)));
}

#[test]
fn who_stored_nothing_says_so_to_those_who_follow() {
    let place = Place::new();
    let lease = place.take("a", 1);
    let following = place.follow("a", 2).expect("no cycle");
    lease.leave_unshared();
    assert!(following.flight().ended().is_given() && following.flight().was_unshared());
}

#[test]
fn one_of_a_process_asks_the_kernel_and_the_others_follow_it() {
    let (here, there) = (Place::new(), Arc::new(Held::default()));
    let key = Key::new("a").unwrap();
    let foreign = there.ask(&here.root, &key, 1).unwrap();
    let Answer::Elsewhere(seat) = here.ask("a", 1) else { panic!("another process has it") };
    let following = here.follow("a", 2).expect("no cycle");
    let Ok(Answer::Elsewhere(seat)) = seat.try_lease(&here.root, &key) else { panic!("it still has it") };
    drop(foreign);
    let Ok(Answer::Yours(lease)) = seat.try_lease(&here.root, &key) else { panic!("it is free") };
    assert!(!following.flight().ended().is_given(), "the seat was never empty");
    drop(lease);
    assert!(following.flight().ended().is_given());
}

#[test]
fn two_who_fill_and_wait_for_each_other_are_a_cycle() {
    let place = Place::new();
    let (_a, _b) = (place.take("a", 1), place.take("b", 2));
    let following = place.follow("b", 1).expect("1 may wait for 2");
    assert!(place.follow("a", 2).is_none(), "and then 2 not for 1");
    drop(following);
    assert!(place.follow("a", 2).is_some(), "who gave up is in nobody's way");
}

#[test]
fn a_cycle_of_three_is_found_by_the_one_who_closes_it() {
    let place = Place::new();
    let _filling = [place.take("a", 1), place.take("b", 2), place.take("c", 3)];
    let _one = place.follow("b", 1).expect("no cycle");
    let _two = place.follow("c", 2).expect("no cycle");
    let _outside = place.follow("a", 4).expect("4 fills nothing that anybody waits for");
    assert!(place.follow("a", 3).is_none());
}

/// A thread that gave a lease back and went on at once was taken to wait for those who had not woken up yet, and computed
/// what it asked for without storing it.
#[test]
fn who_is_about_to_wake_waits_for_nobody() {
    let place = Place::new();
    let (_a, b) = (place.take("a", 1), place.take("b", 2));
    let _asleep = place.follow("b", 1).expect("no cycle");
    drop(b);
    assert!(place.follow("a", 2).is_some());
}

#[test]
fn who_asks_for_what_it_fills_is_told_so() {
    let place = Place::new();
    let _a = place.take("a", 1);
    assert!(matches!(place.ask("a", 1), Answer::HeldHere));
}
