//! Errors: each reads alone in a log, and a report of the whole chain says nothing twice.

mod common;

use std::collections::BTreeSet;

use tagcache::codec::{DecodeError, EncodeError, HiddenShape};
use tagcache::fs::sys::Custody;
use tagcache::fs::{Errno, OpenError, Unfit};
use tagcache::record::SealError;
use tagcache::{Builder, ComputeError, Durability, Error, Layout, Limits, Miss, Policy, Raw, Stale};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, miss, text};

fn chain(error: &dyn std::error::Error) -> Vec<String> {
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

/// Where no directory can be made.
const NOWHERE: &str = "/proc/x";

fn failure<T>(outcome: Result<T, Error>) -> Error {
    outcome.err().expect("an error")
}

fn not_opened(path: &str) -> Error {
    failure(Builder::new(Raw).open(path))
}

/// Why a root is refused, of each kind.
fn refused() -> Vec<OpenError> {
    let path = || "cache".into();
    vec![
        OpenError::NotACache { path: path(), found: text("it holds photos") },
        OpenError::Layout { path: path(), version: text("9") },
        OpenError::NotOurs { path: path(), custody: Custody::Shared { mode: 0o777 } },
        OpenError::Umask { path: path() },
        OpenError::Unfit { path: path(), why: Unfit::NoHardLinks },
        OpenError::DurabilityDiffers { path: path(), asked: Durability::Full, fixed: Durability::Volatile },
        OpenError::LayoutDiffers { path: path(), asked: Layout::Spread, fixed: Layout::Compact },
    ]
}

/// What only a cache can make.
fn met() -> Vec<Error> {
    let fixture = Fixture::with(Builder::new(Raw).max_tags(1).limits(Limits::new().bytes(1 << 20)));
    let cache = &fixture.cache;
    let put = |policy: Policy, len| failure(cache.put("key", &vec![0u8; len], &policy));
    let mut met = vec![
        failure(cache.get::<String>("")),
        failure(cache.get::<String>([b'k'; 5000])),
        put(Policy::new().tags(["one", "two"]), 1),
        put(Policy::new(), 2 << 20),
        failure(cache.invalidate_all_of([""; 0])),
    ];
    cache.put("key", &vec![0u8], &Policy::new().tag("tag")).expect("a put");
    fixture.world.faults.add(Fault::on(Call::Open, Errno::ACCESS).below("data/"));
    met.push(failure(cache.get::<Vec<u8>>("key")));
    fixture.world.faults.add(Fault::on(Call::Unlink, Errno::IO).below("data/"));
    met.push(failure(cache.invalidate_tag("tag")));
    met
}

#[test]
fn no_error_is_followed_by_one_with_the_same_text() {
    let io = || std::io::Error::other("the pipe is closed");
    let mut errors = met();
    errors.extend(refused().into_iter().map(Error::Open));
    errors.extend([
        not_opened(NOWHERE),
        not_opened(""),
        not_opened("a\0b"),
        Error::HiddenShape(HiddenShape::new("Page", "its fields are flattened")),
        Error::Encode(EncodeError::new("prices", "a price is negative").caused_by(io())),
        Error::NotDecodable { type_name: "Page", source: DecodeError::trailing("prices", 3).caused_by(io()) },
        Error::Seal(SealError::HeadDisturbed),
        Error::Source(io()),
        Error::WriteFailed,
        Error::WaitedTooLong { key: "place".into() },
        Error::StoodIn { key: "place".into() },
        Error::LeaseHeldHere { key: "place".into() },
    ]);
    let kinds: BTreeSet<&str> = errors.iter().map(Error::word).collect();
    assert_eq!(kinds.len(), 17, "one of each kind: {kinds:?}");
    for error in errors {
        assert_says_nothing_twice(&error);
        assert_says_nothing_twice(&ComputeError::<std::fmt::Error>::Cache(error));
    }
    assert_says_nothing_twice(&ComputeError::Computation(io()));
}

fn assert_says_nothing_twice(error: &dyn std::error::Error) {
    let texts = chain(error);
    for pair in texts.windows(2) {
        assert_ne!(pair[0], pair[1], "of {texts:#?}");
    }
}

#[test]
fn a_root_that_cannot_be_made_is_told_with_its_path_and_the_reason_once() {
    let [outer, errno] = &chain(&not_opened(NOWHERE))[..] else { panic!("two layers") };
    assert!(outer.starts_with("cannot make /proc/x: ") && outer.contains(errno.as_str()), "{outer}");
}

#[test]
fn a_path_that_no_directory_can_have_is_refused_in_words() {
    assert_eq!(not_opened("").to_string(), "the path of the cache is empty; name a directory");
    let nul = not_opened("a\0b");
    assert!(matches!(nul, Error::BadPath(_)));
    assert_eq!(
        nul.to_string(),
        "no directory can have the path \"a\\0b\", since there is a NUL byte in it; name another one"
    );
    assert!(matches!(tagcache::doctor(""), Err(Error::BadPath(_))), "there is nothing to look at either");
}

#[test]
fn a_path_with_control_characters_is_told_on_one_line() {
    let error = not_opened("/proc/a\nb\u{1b}[2J").to_string();
    assert!(error.starts_with(r"cannot make /proc/a\nb\u{1b}[2J: "), "{error}");
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
