//! Requests put together step by step: forced ones, and what becomes of those who wait too long.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]

mod common;

use std::thread;
use std::time::Duration;

use tagcache::{AfterWait, ComputeError, Error, Hit, Policy, Source, Stale, Stored, Why};

use common::{Fixture, HOUR, fill, text};

#[test]
fn a_request_without_a_policy_has_the_one_that_says_nothing() {
    let fixture = Fixture::new();
    let page = fixture.cache.at("page").compute(|_| text("page"));
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Yes, .. }));
    let again = fixture.cache.at(b"page").try_compute(|_| Err::<String, _>("it is fresh")).unwrap();
    assert_eq!((again.as_str(), again.source()), ("page", Source::Disk));
}

#[test]
fn a_forced_request_computes_although_there_is_a_fresh_value() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put("page", &text("old"), &Policy::new().tag("t")).unwrap();
    let page = cache.at("page").forced().compute(|fill| {
        assert!(matches!(fill.why(), Why::Forced));
        assert_eq!(*fill.previous::<String>().expect("there is one"), "old");
        assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "old", "the others are served meanwhile");
        text("new")
    });
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Yes, .. }));
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "new");
    assert_eq!(cache.stats().forced, 1);
}

#[test]
fn a_forced_request_that_fails_raises_though_an_old_value_could_stand_in() {
    let fixture = Fixture::new();
    let lenient = Policy::new().stale_if_error(HOUR);
    fixture.cache.put("page", &text("old"), &lenient).unwrap();
    let got = fixture.cache.at("page").policy(&lenient).forced().try_compute(|_| Err::<String, _>("down"));
    assert!(matches!(got, Err(ComputeError::Computation("down"))));
    assert_eq!(*fixture.cache.get::<String>("page").unwrap().unwrap(), "old", "what was there stays");
}

#[test]
fn a_forced_request_waits_for_its_turn_and_then_computes() {
    let dir = tempfile::tempdir().unwrap();
    let cache = tagcache::Builder::new(tagcache::Raw).open(dir.path()).unwrap();
    let patient = Policy::new().wait_limit(Duration::from_secs(60));
    let tagcache::Begun::Fill(leader) = cache.begin::<String>("page", &patient).unwrap() else {
        panic!("nothing is stored")
    };
    let page = thread::scope(|scope| {
        let forced = scope.spawn(|| cache.at("page").policy(&patient).forced().compute(|_| text("forced")));
        while cache.stats().waits == 0 {
            thread::yield_now();
        }
        leader.commit(&text("led")).unwrap();
        forced.join().unwrap()
    });
    assert!(matches!(page.source(), Source::Computed { stored: Stored::Yes, .. }));
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "forced");
}

/// What another thread gets that waits as long as its policy says, while this one holds the lease of a page.
fn after_waiting(old: bool, policy: &Policy) -> (Result<Hit<String>, ComputeError<&'static str>>, Fixture) {
    let fixture = Fixture::new();
    if old {
        fixture.cache.put("page", &text("old"), &Policy::new().expire_in(HOUR)).expect("a put");
        fixture.world.clock.advance(HOUR);
    }
    let holding = fill(fixture.cache.begin::<String>("page", &Policy::new()).expect("no fault"));
    let got = thread::scope(|scope| {
        let ask = || fixture.cache.at("page").policy(policy).try_compute(|_| Ok(text("own")));
        scope.spawn(ask).join().expect("the other thread")
    });
    assert_eq!(fixture.cache.stats().wait_timeouts, 1);
    drop(holding);
    (got, fixture)
}

fn patient(then: AfterWait) -> Policy {
    Policy::new().stale_while_refresh(false).wait_limit(Duration::from_secs(1)).after_wait(then)
}

#[test]
fn who_waited_too_long_computes_unless_told_otherwise() {
    assert_eq!(patient(AfterWait::Compute), patient(AfterWait::Fail).after_wait(AfterWait::default()));
    for old in [false, true] {
        let own = after_waiting(old, &patient(AfterWait::Compute)).0.unwrap();
        assert!(matches!(own.source(), Source::Computed { stored: Stored::Unleased, .. }));
    }
}

#[test]
fn who_waited_too_long_may_be_served_an_old_value_if_there_is_one() {
    let policy = patient(AfterWait::ServeStale);
    let (got, fixture) = after_waiting(true, &policy);
    let served = got.unwrap();
    assert_eq!((served.as_str(), served.source()), ("old", Source::Stale(Stale::Expired)));
    assert_eq!(fixture.cache.stats().served_stale, 1);

    let own = after_waiting(false, &policy).0.unwrap();
    assert!(matches!(own.source(), Source::Computed { stored: Stored::Unleased, .. }));
    let too_old = policy.keep_stale(Duration::ZERO);
    assert_eq!(*after_waiting(true, &too_old).0.unwrap(), "own");
}

#[test]
fn who_waited_too_long_may_be_told_so() {
    for old in [false, true] {
        let (got, fixture) = after_waiting(old, &patient(AfterWait::Fail));
        let Err(ComputeError::Cache(error)) = got else { panic!("{got:?}") };
        assert!(matches!(error, Error::WaitedTooLong { .. }));
        assert_eq!(
            error.to_string(),
            "another caller is still computing the key whose place is data/79/38/key:70616765; raise the limit of the \
             policy, or try again"
        );
        assert_eq!(fixture.cache.stats().faults, 0, "it is no fault");
    }
}

#[test]
fn a_verb_that_cannot_say_that_it_waited_too_long_computes() {
    let fixture = Fixture::new();
    let policy = patient(AfterWait::Fail);
    let _holding = fill(fixture.cache.begin::<String>("page", &policy).unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let error = fixture.cache.begin::<String>("page", &policy).unwrap_err();
            assert!(matches!(error, Error::WaitedTooLong { .. }), "begin can: {error}");
            assert_eq!(*fixture.cache.get_with("page", &policy, |_| text("own")), "own");
            let own: Result<_, &str> = fixture.cache.try_get_with("page", &policy, |_| Ok(text("own")));
            assert_eq!(*own.unwrap(), "own");
            assert_eq!(*fixture.cache.at("page").policy(&policy).compute(|_| text("own")), "own");
        });
    });
}

#[test]
fn an_error_of_a_request_reads_like_the_one_it_holds() {
    let parse = "seven".parse::<u8>().unwrap_err();
    let error = ComputeError::Computation(parse.clone());
    assert_eq!(error.to_string(), parse.to_string());
    let cache: ComputeError<std::num::ParseIntError> =
        ComputeError::Cache(Error::StoodIn { key: "k".into() });
    assert_eq!(
        cache.to_string(),
        "the computation of the key whose place is k failed, and its old value was served instead"
    );
}
