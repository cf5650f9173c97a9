//! Spans and events.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tagcache::fs::Errno;
use tagcache::{Builder, Policy, Raw};
use tagcache_testkit::{Call, Fault};

use crate::common::{Fixture, HOUR, fill, text};
use crate::subscriber::Scribe;

#[test]
fn a_compute_through_is_a_span_with_its_key_its_reason_and_its_outcome() {
    let fixture = Fixture::new();
    let (cache, policy) = (&fixture.cache, Policy::new().tag("t").expire_in(HOUR));
    let get = || drop(cache.get_with("page", &policy, |_| text("secret")));
    let scribe = Scribe::during(|| {
        get();
        get();
        cache.invalidate_tag("t").unwrap();
        get();
        fixture.world.clock.advance(HOUR);
        get();
        let _forced = cache.at("page").policy(&policy).forced().compute(|_| text("secret"));
        let failed: Result<_, &str> = cache.try_get_with("none", &policy, |_| Err::<String, _>("no source"));
        assert!(failed.is_err());
    });
    let expected = [
        "compute_through key=page reason=absent outcome=stored",
        "compute_through key=page outcome=fresh",
        "compute_through key=page reason=invalidated outcome=stored",
        "compute_through key=page reason=expired outcome=stored",
        "compute_through key=page reason=forced outcome=stored",
        "compute_through key=none reason=absent outcome=failed",
    ];
    assert_eq!(scribe.spans(), expected);
    assert!(!scribe.everything().contains("secret"), "no value is told");
}

#[test]
fn the_computation_runs_inside_the_span_and_a_panic_leaves_it() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let scribe = Scribe::during(|| {
        let panicking =
            || cache.get_with("k", &Policy::new(), |_| -> String { panic!("in the computation") });
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        tracing::info!(target: "tagcache", "outside");
        let _hit = cache.get_with("k", &Policy::new(), |_| {
            tracing::info!(target: "tagcache", "inside");
            text("v")
        });
    });
    assert_eq!(scribe.events(), ["INFO outside", "INFO inside in compute_through"]);
    assert_eq!(scribe.spans()[0], "compute_through key=k reason=absent");
}

#[test]
fn a_computation_behind_its_caller_has_a_span_of_its_own() {
    let fixture = Fixture::new();
    let (cache, policy) = (&fixture.cache, Policy::new().tag("t"));
    cache.put("k", &text("old"), &policy).unwrap();
    cache.expire_tag("t").unwrap();
    let scribe = Scribe::during(|| drop(cache.at("k").policy(&policy).compute_behind(|_| text("new"))));
    let expected = [
        "compute_through key=k outcome=stale reason=softly expired",
        "compute_behind key=k reason=softly expired outcome=stored",
    ];
    while scribe.spans() != expected {
        std::thread::yield_now();
    }
}

#[test]
fn an_invalidation_tells_what_it_named_and_how_many_links_it_took() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    for key in ["1", "2"] {
        cache.put(key, &text("v"), &Policy::new().tags(["a", "b"])).unwrap();
    }
    let scribe = Scribe::during(|| {
        cache.expire_tags(["a", "b"]).unwrap();
        cache.invalidate_all_of(["a", "b"]).unwrap();
        cache.invalidate_key("1").unwrap();
        cache.clear().unwrap();
    });
    let expected = [
        "DEBUG invalidated by=tags manner=soft links=4",
        "DEBUG invalidated by=all of tags manner=hard links=2",
        "DEBUG invalidated by=key manner=hard links=1",
        "DEBUG invalidated by=everything manner=hard links=1",
    ];
    assert_eq!(scribe.events(), expected);
}

#[test]
fn an_invalidation_that_could_not_be_completed_is_a_warning() {
    let fixture = Fixture::new();
    fixture.cache.put("k", &text("v"), &Policy::new().tag("t")).unwrap();
    fixture.world.faults.add(Fault::on(Call::SetMtime, Errno::IO).below("data/"));
    let scribe = Scribe::during(|| assert!(fixture.cache.invalidate_tag("t").is_err()));
    let [event] = &scribe.events()[..] else { panic!("one event: {:?}", scribe.events()) };
    assert!(
        event.starts_with("WARN incomplete by=tags manner=hard error=entries with the tags at "),
        "{event}"
    );
    assert!(event.ends_with(" failures=1"), "{event}");
}

#[test]
fn what_was_not_stored_is_told_with_its_key() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let policy = Policy::new().tag("t");
    let scribe = Scribe::during(|| {
        let raced = fill(cache.begin::<String>("raced", &policy).unwrap());
        cache.invalidate_tag("t").unwrap();
        raced.commit(&text("v")).unwrap();
        let mut declined = fill(cache.begin::<String>("declined", &policy).unwrap());
        declined.decline();
        declined.commit(&text("v")).unwrap();
        cache.put("stored", &text("v"), &policy).unwrap();
    });
    let expected = [
        "DEBUG invalidated by=tags manner=hard links=0",
        "DEBUG raced key=raced",
        "DEBUG declined key=declined",
    ];
    assert_eq!(scribe.events(), expected);
    assert_eq!(scribe.spans()[0], "compute_through key=raced reason=absent", "the fill is its caller's");
}

#[test]
fn a_wait_and_its_end_are_told_in_the_span_of_the_one_who_waits() {
    let fixture = Fixture::new();
    let policy = Policy::new().tag("t").wait_limit(Duration::from_millis(20));
    fixture.cache.put("old", &text("old"), &policy).unwrap();
    fixture.cache.expire_tag("t").unwrap();
    let other = fixture.another_process(Builder::new(Raw));
    let _leases = ["old", "none"].map(|key| fill(other.cache.begin::<String>(key, &policy).unwrap()));
    let scribe = Scribe::during(|| {
        for key in ["old", "none"] {
            let _hit = fixture.cache.get_with(key, &policy, |_| text("v"));
        }
    });
    let expected = [
        "DEBUG served_stale in compute_through",
        "DEBUG waits in compute_through",
        "DEBUG wait_timeouts in compute_through",
    ];
    assert_eq!(scribe.events(), expected);
    let spans = [
        "compute_through key=old outcome=stale reason=softly expired",
        "compute_through key=none reason=absent outcome=unleased",
    ];
    assert_eq!(scribe.spans(), spans);
}

#[test]
fn a_fault_is_a_warning_in_the_span_where_it_was_met() {
    let fixture = Fixture::new();
    drop(fixture.cache.root().mark().expect("a log"));
    fixture.world.faults.add(Fault::on(Call::Create, Errno::NOSPC).below("tmp/").for_ever());
    let scribe = Scribe::during(|| drop(fixture.cache.get_with("k", &Policy::new(), |_| text("v"))));
    let [event] = &scribe.events()[..] else { panic!("one event: {:?}", scribe.events()) };
    assert!(event.starts_with("WARN fault kind=io error=cannot create "), "{event}");
    assert!(event.ends_with(" in compute_through"), "{event}");
    assert_eq!(scribe.spans(), ["compute_through key=k reason=absent outcome=fault"]);
}

#[test]
fn a_look_is_told_at_the_lowest_level_with_what_it_found() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let scribe = Scribe::during(|| {
        cache.put("k", &text("v"), &Policy::new()).unwrap();
        let _fresh = cache.get::<String>("k").unwrap();
        let _other = cache.get::<Vec<u8>>("k").unwrap();
        cache.expire_key("k").unwrap();
        let _stale = cache.get::<String>("k").unwrap();
    });
    let expected = [
        "TRACE looked key=k found=fresh reason=",
        "TRACE looked key=k found=miss reason=other schema",
        "TRACE looked key=k found=stale reason=softly expired",
    ];
    assert_eq!(scribe.looks(), expected);
}

#[test]
fn a_key_is_escaped_and_cut_off() {
    let fixture = Fixture::new();
    let keys: [&[u8]; 3] = [b"line\nbreak\xff", &[b'x'; 64], &[b'x'; 65]];
    let scribe = Scribe::during(|| {
        for key in keys {
            let _hit = fixture.cache.get_with(key, &Policy::new(), |_| text("v"));
        }
    });
    let shown = ["line\\nbreak\\xff".to_owned(), "x".repeat(64), format!("{}… (65 bytes)", "x".repeat(64))];
    let expected = shown.map(|key| format!("compute_through key={key} reason=absent outcome=stored"));
    assert_eq!(scribe.spans(), expected);
}
