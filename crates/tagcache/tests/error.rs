//! Errors: each reads alone in a log, and a report of the whole chain says nothing twice.

mod common;

use std::error::Error as _;

use tagcache::fs::Errno;
use tagcache::{Error, Miss, Policy, Stale};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, miss, text};

fn chain(error: &Error) -> Vec<String> {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        texts.push(cause.to_string());
        source = cause.source();
    }
    texts
}

#[test]
fn a_failed_call_names_the_operation_the_path_the_reason_and_the_way_out() {
    let fixture = Fixture::new();
    fixture.world.faults.add(Fault::on(Call::Open, Errno::ACCESS).below("data/"));
    let error = fixture.cache.get::<String>("blog-home").unwrap_err();
    let path = fixture.path().join("data/ae/08/key:626c6f672d686f6d65");
    assert_eq!(
        chain(&error),
        [
            format!(
                "cannot open {}: Permission denied (os error 13) (run as the owner of the cache directory, or use one \
                 of your own)",
                path.display()
            ),
            text("Permission denied (os error 13)"),
        ]
    );
}

#[test]
fn an_incomplete_invalidation_has_the_failed_call_as_its_source() {
    let fixture = Fixture::new();
    fixture.cache.put("key", &text("value"), &Policy::new().tag("tag")).unwrap();
    fixture.world.faults.add(Fault::on(Call::Unlink, Errno::IO).below("data/"));
    let error = fixture.cache.invalidate_tag("tag").unwrap_err();
    let [outer, call, errno] = &chain(&error)[..] else { panic!("three layers: {:?}", chain(&error)) };
    assert!(outer.contains(call.as_str()) && call.contains(errno.as_str()), "{outer}");
    assert!(call.starts_with("cannot unlink "), "{call}");
}

#[test]
fn an_error_that_nothing_caused_has_no_source() {
    let fixture = Fixture::new();
    let error = fixture.cache.get::<String>("").unwrap_err();
    assert_eq!(chain(&error), ["a key must have at least one byte"]);
}

#[cfg(feature = "json")]
#[test]
fn no_error_quotes_a_value() {
    use std::collections::BTreeMap;
    use tagcache::{Builder, Json};

    let fixture = Fixture::with(Builder::new(Json));
    let value = BTreeMap::from([((1u8, text("secret")), text("secret"))]);
    let error = fixture.cache.put("key", &value, &Policy::new()).unwrap_err();
    assert!(matches!(error, Error::Encode(_)));
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[test]
fn a_miss_says_its_reason_in_a_word_and_with_what_was_found() {
    let fixture = Fixture::new();
    std::fs::write(fixture.make_folders_of("key"), "12345").unwrap();
    let damaged = miss(fixture.cache.lookup::<String>("key").unwrap());
    assert_eq!(damaged.word(), "damaged");
    assert!(damaged.to_string().starts_with("damaged: "), "{damaged}");
    assert_eq!(Miss::Absent.to_string(), "absent");
    assert_eq!(Stale::FromTheFuture.to_string(), "made in the future: the clock was set back");
}
