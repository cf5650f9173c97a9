//! Nothing of a value stands in the text of an error, a reason, a finding or a debug view.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers are a part of the tests, too")]
#![cfg(feature = "json")]

mod common;

use std::fmt::{Debug, Display};
use std::fs;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tagcache::fs::Errno;
use tagcache::{Builder, Json, Lookup, Policy, VerifyOptions};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, HOUR};

/// What must not be told.
const SECRET: &str = "correct-horse-battery-staple";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    value: String,
}

fn token() -> Token {
    Token { value: SECRET.into() }
}

#[track_caller]
fn assert_silent(what: &str, told: &(impl Display + Debug)) {
    assert!(!told.to_string().contains(SECRET), "{what}, as a text: {told}");
}

fn policy() -> Policy {
    Policy::new().tag("tokens").expire_in(HOUR)
}

#[test]
fn a_value_that_is_damaged_or_cannot_be_decoded_is_not_quoted() {
    let fixture = Fixture::with(Builder::new(Json));
    let cache = &fixture.cache;
    cache.put("token", &token(), &policy()).unwrap();
    let bytes = fs::read(fixture.entry("token")).unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x20;
        fs::write(fixture.entry("token"), &damaged).unwrap();
        filetime(&fixture);
        match cache.lookup::<Token>("token").unwrap() {
            Lookup::Miss(miss) => assert_silent(&format!("byte {place}"), &miss),
            _ => panic!("byte {place}: a record that was changed is damaged"),
        }
    }
    let report = cache.verify(&VerifyOptions::new()).unwrap();
    assert!(!report.findings.is_empty());
    for finding in &report.findings {
        assert_silent("a finding", finding);
    }
    let other: Lookup<u64> = cache.lookup("token").unwrap();
    assert!(!format!("{other:?}").contains(SECRET));
}

/// As it was before the file was written to.
fn filetime(fixture: &Fixture<Json>) {
    let file = fs::File::open(fixture.entry("token")).unwrap();
    let later = std::time::SystemTime::from(fixture.world.clock.now().after(HOUR));
    file.set_times(fs::FileTimes::new().set_modified(later)).unwrap();
}

#[test]
fn a_value_that_cannot_be_stored_is_not_quoted_by_the_fault() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let hook = move |error: &tagcache::Error| sink.lock().unwrap().push(format!("{error} {error:?}"));
    let fixture = Fixture::with(Builder::new(Json).on_fault(hook));
    for call in [Call::Create, Call::Allocate, Call::Write, Call::SetMtime, Call::Link, Call::Rename] {
        fixture.world.faults.add(Fault::on(call, Errno::IO).below("tmp/"));
        let hit = fixture.cache.get_with(format!("{call}"), &policy(), |_| token());
        assert_eq!(hit.value, SECRET);
        fixture.world.faults.mend();
    }
    let told = told.lock().unwrap();
    assert!(told.len() >= 5, "{told:?}");
    assert!(told.iter().all(|told| !told.contains(SECRET)), "{told:?}");
}
