//! Writes: what may be stored under which names, what is refused, and what replaces what.

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::UNIX_EPOCH;

use tagcache::fs::Errno;
use tagcache::{Builder, Error, Policy, Raw, Stored};
use tagcache_testkit::{Call, Fault};

use common::{Fixture, PLANTS, fill, plant, text};

#[test]
fn values_of_no_byte_and_of_64_mebibytes_come_back_as_they_were() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    for len in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 64 << 20] {
        // A period that divides no power of two: a chunk in the wrong place would show.
        let value: Vec<u8> = (0..251).cycle().take(len).collect();
        cache.put("value", &value, &Policy::new()).unwrap();
        let back = cache.get::<Vec<u8>>("value").unwrap().expect("it was just put");
        assert!(*back == value, "{len} bytes came back differently");
    }
}

/// Names that a path would stumble over, and the longest ones, beside and above what fits in one file name.
fn strange_names() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        &b"k"[..],
        b".",
        b"..",
        b"/",
        b"../../../etc/passwd",
        b"a/b",
        b"line\nfeed",
        b"nul\0byte",
        b"\0",
        b"\xff\xfe",
        b"key:6b",
        " ".as_bytes(),
        "Schlüssel".as_bytes(),
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    names.extend([125, 126, 255, 4095, 4096].map(|len| vec![b'n'; len]));
    names
}

#[test]
fn keys_of_any_bytes_name_one_entry_each() {
    let fixture = Fixture::new();
    for key in strange_names() {
        fixture.cache.put(&key, &key, &Policy::new()).unwrap();
    }
    for key in strange_names() {
        let hit = fixture.cache.get::<Vec<u8>>(&key).unwrap().expect("it was put");
        assert_eq!(*hit, key);
    }
    assert_eq!(fixture.files("data").len(), strange_names().len());
}

#[test]
fn tags_of_any_bytes_take_their_own_entries_and_no_others() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let names = strange_names();
    for (index, tag) in names.iter().enumerate() {
        cache.put(format!("key {index}"), &text("value"), &Policy::new().tag(tag)).unwrap();
    }
    for (index, tag) in names.iter().enumerate() {
        let key = format!("key {index}");
        assert!(cache.get::<String>(&key).unwrap().is_some(), "untouched by the tags before it");
        assert_eq!(cache.invalidate_tag(tag).unwrap(), 1);
        assert!(cache.get::<String>(&key).unwrap().is_none(), "{}", tag.escape_ascii());
    }
}

#[test]
fn empty_and_overlong_names_are_errors_that_say_what_to_do() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let value = text("value");
    let put = |key: &[u8], tag: &[u8]| cache.put(key, &value, &Policy::new().tag(tag)).unwrap_err();
    let long = [b'x'; 4097];
    assert!(matches!(put(b"", b"tag"), Error::Name(_)));
    assert!(matches!(put(b"key", b""), Error::Name(_)));
    assert_eq!(
        put(&long, b"tag").to_string(),
        "a key of 4097 bytes is longer than 4096; use a digest of it as the key"
    );
    assert_eq!(
        put(b"key", &long).to_string(),
        "a tag of 4097 bytes is longer than 4096; use a digest of it as the tag"
    );
}

#[test]
fn an_entry_has_one_link_for_each_different_tag() {
    for count in [0, 1, 2, 128] {
        let fixture = Fixture::new();
        let tags = (0..count).map(|tag| format!("tag {tag}"));
        let policy = Policy::new().tags(tags.clone()).tags(tags);
        fixture.cache.put("key", &text("value"), &policy).unwrap();
        let links = fs::metadata(fixture.entry("key")).unwrap().nlink();
        assert_eq!(links, count + 1, "given twice, linked once");
        assert!(fixture.cache.get::<String>("key").unwrap().is_some());
    }
}

#[test]
fn more_tags_than_the_limit_are_an_error_that_names_both_numbers() {
    let fixture = Fixture::new();
    let policy = Policy::new().tags((0..129).map(|tag| tag.to_string()));
    let error = fixture.cache.put("key", &text("value"), &policy).unwrap_err();
    assert!(matches!(error, Error::TooManyTags { given: 129, limit: 128 }));
    assert_eq!(
        error.to_string(),
        "an entry with 129 tags has more than the 128 that this cache allows; use fewer, coarser tags, or raise the \
         limit with Builder::max_tags"
    );
    assert!(fixture.files("data").is_empty() && fixture.files("tmp").is_empty());
}

#[test]
fn the_limit_on_tags_can_be_set_as_high_as_a_record_can_hold() {
    let value = text("value");
    let tags = |count: usize| Policy::new().tags((0..count).map(|tag| tag.to_string()));
    let fixture = Fixture::with(Builder::new(Raw).max_tags(2));
    let few = &fixture.cache;
    few.put("key", &value, &tags(2)).unwrap();
    assert!(matches!(few.put("key", &value, &tags(3)), Err(Error::TooManyTags { given: 3, limit: 2 })));

    let fixture = Fixture::with(Builder::new(Raw).max_tags(usize::MAX));
    let many = &fixture.cache;
    many.put("key", &value, &tags(1000)).unwrap();
    assert!(many.get::<String>("key").unwrap().is_some());
    assert!(matches!(many.put("key", &value, &tags(1001)), Err(Error::TooManyTags { limit: 1000, .. })));
}

#[test]
fn a_filesystem_that_allows_no_more_links_is_an_error_that_says_so() {
    let fixture = Fixture::new();
    fixture.world.faults.add(Fault::on(Call::Link, Errno::MLINK).below("tmp/").after(1));
    let policy = Policy::new().tags(["a", "b"]);
    let Err(Error::Io(error)) = fixture.cache.put("key", &text("value"), &policy) else {
        panic!("the second link was refused")
    };
    assert_eq!(error.errno(), Errno::MLINK);
    assert!(error.to_string().contains("use fewer tags per entry"), "{error}");
    assert!(fixture.files("data").is_empty() && fixture.files("tmp").is_empty(), "it took its names back");
}

#[test]
fn a_second_put_replaces_the_first_and_takes_its_links_along() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    cache.put("key", &text("old"), &Policy::new().tags(["both", "old"])).unwrap();
    cache.put("key", &text("new"), &Policy::new().tags(["both", "new"])).unwrap();
    assert_eq!(*cache.get::<String>("key").unwrap().unwrap(), "new");
    assert_eq!(fixture.files("data").len(), 3, "the entry and its two links: {:?}", fixture.files("data"));

    assert_eq!(cache.invalidate_tag("old").unwrap(), 0);
    assert!(
        cache.get::<String>("key").unwrap().is_some(),
        "a tag that only the old value had is not its tag"
    );
    assert_eq!(cache.invalidate_tag("new").unwrap(), 1);
    assert!(cache.get::<String>("key").unwrap().is_none());
}

#[test]
fn a_put_heals_a_damaged_entry() {
    let fixture = Fixture::new();
    fs::write(fixture.make_folders_of("key"), "no record").unwrap();
    assert_eq!(fixture.cache.put("key", &text("value"), &Policy::new()).unwrap(), Stored::Yes);
    assert!(fixture.cache.get::<String>("key").unwrap().is_some());
}

#[test]
fn a_put_takes_the_place_of_what_was_planted_and_touches_nothing_outside() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    for what in PLANTS.into_iter().filter(|what| *what != "a directory") {
        let fixture = Fixture::new();
        plant(what, &fixture.make_folders_of("key"), &secret);
        assert_eq!(fixture.cache.put("key", &text("value"), &Policy::new()).unwrap(), Stored::Yes, "{what}");
        assert!(fixture.cache.get::<String>("key").unwrap().is_some(), "{what}");
    }
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    assert_ne!(fs::metadata(&secret).unwrap().modified().unwrap(), UNIX_EPOCH, "not poisoned either");
}

#[test]
fn a_directory_in_the_place_of_an_entry_is_an_error_that_names_it() {
    let fixture = Fixture::new();
    let place = fixture.make_folders_of("key");
    fs::create_dir(&place).unwrap();
    let Err(Error::Io(error)) = fixture.cache.put("key", &text("value"), &Policy::new()) else {
        panic!("a file cannot replace a directory")
    };
    assert_eq!(error.path(), place);
    assert!(place.is_dir(), "it is not ours to remove");
    assert!(fixture.files("tmp").is_empty());
}

#[test]
fn a_put_does_not_stop_a_fill_in_flight_and_the_last_one_wins() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let fill = fill(cache.begin::<String>("key", &Policy::new()).unwrap());
    assert_eq!(cache.put("key", &text("put"), &Policy::new()).unwrap(), Stored::Yes);
    assert_eq!(fill.commit(&text("computed before")).unwrap(), Stored::Yes);
    assert_eq!(*cache.get::<String>("key").unwrap().unwrap(), "computed before");
}

#[test]
fn a_replacement_is_never_overwritten_by_a_fill_that_began_before_it() {
    let fixture = Fixture::new();
    let cache = &fixture.cache;
    let fill = fill(cache.begin::<String>("key", &Policy::new()).unwrap());
    assert_eq!(cache.replace("key", &text("true"), &Policy::new()).unwrap(), Stored::Yes);
    assert_eq!(fill.commit(&text("computed before")).unwrap(), Stored::Raced);
    assert_eq!(*cache.get::<String>("key").unwrap().unwrap(), "true");
    assert_eq!((cache.stats().raced, cache.stats().stored), (1, 1));
}

#[test]
fn a_replacement_leaves_no_link_of_the_old_value() {
    let fixture = Fixture::new();
    fixture.cache.put("key", &text("old"), &Policy::new().tags(["a", "b"])).unwrap();
    fixture.cache.replace("key", &text("new"), &Policy::new()).unwrap();
    assert_eq!(fixture.files("data").len(), 1);
    assert_eq!(*fixture.cache.get::<String>("key").unwrap().unwrap(), "new");
}

#[test]
fn an_entry_that_is_put_a_thousand_times_leaves_one_entry_and_its_links() {
    let fixture = Fixture::new();
    let policy = Policy::new().tags(["a", "b"]);
    for round in 0..1000 {
        fixture.cache.put("key", &format!("round {round}"), &policy).unwrap();
    }
    assert_eq!(fixture.files("data").len(), 3);
    assert_eq!(*fixture.cache.get::<String>("key").unwrap().unwrap(), "round 999");
    assert_eq!(fixture.cache.sweep().unwrap().links, 0, "nothing was left to sweep");
}

#[test]
fn a_put_that_fails_leaves_the_old_value_and_nothing_else() {
    let fixture = Fixture::new();
    let policy = Policy::new().tag("tag");
    fixture.cache.put("key", &text("old"), &policy).unwrap();
    for call in [Call::Create, Call::Allocate, Call::Write, Call::SetMtime, Call::Link, Call::Rename] {
        fixture.world.faults.add(Fault::on(call, Errno::NOSPC).below("tmp/"));
        let error = fixture.cache.put("key", &text("new"), &policy).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.errno() == Errno::NOSPC), "{call}: {error}");
        assert_eq!(*fixture.cache.get::<String>("key").unwrap().unwrap(), "old", "{call}");
        assert_eq!(fixture.files("data").len(), 2, "{call}");
        assert!(fixture.files("tmp").is_empty(), "{call}");
    }
}

#[test]
fn a_write_that_is_cut_short_goes_on() {
    let fixture = Fixture::new();
    fixture.cache.put("key", &text("old"), &Policy::new()).unwrap();
    fixture.world.faults.add(Fault::short_write(10).below("tmp/"));
    fixture.cache.put("key", &text("value"), &Policy::new()).unwrap();
    assert_eq!(*fixture.cache.get::<String>("key").unwrap().unwrap(), "value");
}
