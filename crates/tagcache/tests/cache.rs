//! The handle: opening, cloning, and what it tells about itself.

mod common;

use std::fs;

use tagcache::fs::{Errno, OpenError};
use tagcache::{Builder, Cache, Error, Fill, Hit, Policy, Raw};
use tagcache_testkit::{Call, Fault, World};

use common::{Fixture, text};

#[test]
fn a_cache_and_what_it_gives_can_go_to_other_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Cache<Raw>>();
    is_send_and_sync::<Builder<Raw>>();
    is_send_and_sync::<Hit<String>>();
    is_send_and_sync::<Policy>();
    is_send_and_sync::<Error>();
    is_send_and_sync::<Fill<Raw>>();
}

#[test]
fn clones_are_the_same_cache() {
    let fixture = Fixture::new();
    let clone = fixture.cache.clone();
    clone.put("key", &text("value"), &Policy::new()).unwrap();
    assert!(fixture.cache.get::<String>("key").unwrap().is_some());
    assert_eq!(clone.stats(), fixture.cache.stats());
}

#[test]
fn the_directory_is_made_with_those_above_it_and_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("var/cache/blog");
    let cache = Builder::new(Raw).open(&path).unwrap();
    assert_eq!(cache.root().path(), path);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_directory_that_holds_something_else_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "42").unwrap();
    let error = Builder::new(Raw).open(dir.path()).unwrap_err();
    assert!(matches!(error, Error::Open(OpenError::NotACache { .. })));
    assert!(error.to_string().ends_with("choose an empty or a new directory"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);

    let error = Builder::new(Raw).open(dir.path().join("thesis.tex")).unwrap_err();
    assert!(matches!(error, Error::Open(OpenError::NotACache { .. })), "{error}");
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error_of_the_system() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new();
    world.faults.add(Fault::on(Call::OpenRoot, Errno::ACCESS));
    let error = Builder::new(Raw).open_on(world.sys(), dir.path()).unwrap_err();
    assert!(matches!(&error, Error::Open(OpenError::Io(error)) if error.errno() == Errno::ACCESS), "{error}");
}

#[test]
fn its_debug_text_names_the_directory_and_the_codec() {
    let dir = tempfile::tempdir().unwrap();
    let builder = Builder::new(Raw);
    assert!(format!("{builder:?}").starts_with("Builder { codec: \"raw\""), "{builder:?}");
    let cache = builder.open(dir.path()).unwrap();
    let text = format!("{cache:?}");
    assert_eq!(text, format!("Cache {{ root: {:?}, codec: \"raw\", .. }}", dir.path()));
    assert_eq!(*cache.codec(), Raw);
}

#[cfg(feature = "postcard")]
#[test]
fn the_short_way_to_open_takes_postcard() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::open(dir.path()).unwrap();
    assert_eq!(*cache.codec(), tagcache::Postcard);
    cache.put("pair", &(1u8, text("one")), &Policy::new()).unwrap();
    let other = Cache::builder().max_tags(1).open(dir.path()).unwrap();
    assert_eq!(*other.get::<(u8, String)>("pair").unwrap().unwrap(), (1, text("one")));
}
