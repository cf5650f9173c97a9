//! A root that can only be read, by injected errors. `tagcache-actors/tests/processes/doors.rs` has it with a real mount.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use tagcache::fs::Errno;
use tagcache::{Builder, Error, Limits, Policy, Raw, Source, Stored, Upkeep};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, HOUR, text};

fn policy() -> Policy {
    Policy::new().tag("blog").expire_in(HOUR)
}

/// A cache with a page, opened by a process that can change nothing.
fn read_only(builder: Builder<Raw>) -> Fixture {
    let fixture = Fixture::new();
    fixture.cache.put("page", &text("page"), &policy()).unwrap();
    let reader = fixture.another_process(builder);
    let changing = Call::ALL.iter().filter(|call| call.changes() && **call != Call::Write);
    for call in changing.chain([&Call::MakeDir, &Call::RemoveDir, &Call::Write]) {
        reader.world.faults.add(Fault::on(*call, Errno::ROFS).for_ever());
    }
    reader
}

#[test]
fn hits_are_served_and_the_rest_is_computed() {
    let limits = Limits::new().bytes(1 << 30).touch_every(HOUR / 2);
    for builder in [Builder::new(Raw), Builder::new(Raw).limits(limits).upkeep(Upkeep::ByPuts)] {
        let reader = read_only(builder);
        reader.world.clock.advance(HOUR * 2 / 3);
        assert_eq!(*reader.cache.get::<String>("page").unwrap().unwrap(), "page");
        assert_eq!(*reader.cache.get_with("page", &policy(), |_| text("new")), "page");
        assert_eq!(reader.cache.stats().faults, 0, "a use that cannot be recorded is no fault");
        let hit = reader.cache.get_with("other", &policy(), |_| text("other"));
        assert_eq!(*hit, "other");
        assert!(
            matches!(hit.source(), Source::Computed { stored, .. } if stored != Stored::Yes),
            "{:?}",
            hit.source()
        );
        assert_eq!(reader.cache.stats().faults, 1);
    }
}

#[test]
fn whatever_would_change_something_says_that_it_cannot() {
    let reader = read_only(Builder::new(Raw));
    let cache = &reader.cache;
    let told = |error: Error| {
        let told = error.to_string();
        assert!(told.contains("read-only"), "{told}");
    };
    told(cache.put("other", &text("other"), &policy()).unwrap_err());
    told(cache.invalidate_tag("blog").unwrap_err());
    told(cache.invalidate_key("page").unwrap_err());
    told(cache.clear().unwrap_err());
    assert_eq!(*cache.get::<String>("page").unwrap().unwrap(), "page", "as it said, it is still served");
}
