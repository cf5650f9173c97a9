//! What the body may say about the value that it computes, and why it is asked.

mod common;

use tagcache::{Filling, Why, cached};

use common::Fixture;

#[cached(fill = fill)]
fn post(id: u64, author: &str, draft: bool) -> String {
    note(fill, author);
    if draft {
        fill.decline();
    }
    format!("{id} by {author}, {}", if fill.will_store() { "kept" } else { "not kept" })
}

/// What a function further down may do: it needs to know neither codec nor cache.
fn note(fill: &mut Filling<'_>, author: &str) {
    fill.add_tag(format!("author/{author}"));
}

#[test]
fn a_tag_that_the_body_adds_invalidates() {
    let fixture = Fixture::new();
    fixture.run(|| {
        post(1, "ann", false);
        post(2, "bob", false);
        assert_eq!(fixture.cache.invalidate_tag("author/ann").unwrap(), 1);
        post(1, "ann", false);
        post(2, "bob", false);
        let stats = fixture.cache.stats();
        assert_eq!((stats.computed, stats.fresh), (3, 1));
    });
}

#[test]
fn a_value_that_the_body_declines_is_not_stored() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(post(1, "ann", true), "1 by ann, not kept");
        assert_eq!((fixture.cache.stats().declined, fixture.cache.stats().stored), (1, 0));
    });
}

#[test]
fn a_body_is_told_why_it_runs() {
    #[cached("why", fill = fill, tags = ["t"])]
    fn why() -> String {
        fill.why().map_or_else(|| "no cache".into(), Why::to_string)
    }
    assert_eq!(why(), "no cache");
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((why(), why()), ("missing: absent".into(), "missing: absent".into()));
        fixture.cache.expire_tag("t").unwrap();
        assert_eq!(why(), "stale: softly expired");
    });
}

#[cached("feed", tags = ["feed"], fill = fill, ignore(new))]
fn feed(new: &str) -> Result<String, ()> {
    assert!(fill.previous::<u8>().is_none(), "there are values of one type");
    Ok(fill.previous::<String>().map_or_else(|| new.into(), |known| format!("{new}, was {}", *known)))
}

#[test]
fn a_body_can_ask_for_the_value_that_it_renews() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(feed("one"), Ok("one".into()));
        fixture.cache.expire_tag("feed").unwrap();
        assert_eq!(feed("two"), Ok("two, was one".into()));
        fixture.cache.invalidate_tag("feed").unwrap();
        assert_eq!(feed("three"), Ok("three".into()), "what was invalidated is not given, whoever asks");
    });
    assert_eq!(feed("four"), Ok("four".into()));
}

#[test]
fn where_there_is_no_cache_everything_may_be_said_and_changes_nothing() {
    assert_eq!(post(1, "ann", false), "1 by ann, not kept");
}

#[test]
fn the_expiry_that_the_body_sets_counts() {
    #[cached("expiring", expire = 1h, fill = f, ignore(how))]
    fn expiring(how: &'static str) -> u8 {
        match how {
            "at once" => f.expire_in(std::time::Duration::ZERO),
            "long ago" => f.expire_at(std::time::SystemTime::UNIX_EPOCH),
            "never" => f.never_expire(),
            _ => {}
        }
        1
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        for (how, fresh) in [("at once", false), ("long ago", false), ("never", true), ("by itself", true)] {
            fixture.cache.clear().unwrap();
            expiring(how);
            assert_eq!(fixture.cache.get::<u8>("expiring").unwrap().is_some(), fresh, "{how}");
        }
    });
}
