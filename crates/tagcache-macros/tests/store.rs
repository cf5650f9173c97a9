//! Which of the values that a function returns are stored, and what its caller is given.

mod common;

use std::io;

use tagcache::{Policy, Source, cached};

use common::{Count, Fixture, Timed};

#[cached]
fn parsed(text: &str) -> Result<i32, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn only_ok_is_stored_and_the_error_comes_back_unchanged() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(parsed("x"), "x".parse::<i32>());
        assert_eq!(parsed("x"), "x".parse::<i32>());
        assert_eq!((parsed("7"), parsed("7")), (Ok(7), Ok(7)));
        let stats = fixture.cache.stats();
        assert_eq!((stats.stored, stats.fresh), (1, 1));
    });
}

#[test]
fn a_result_is_known_by_its_name_also_where_its_error_is_not_written() {
    #[cached]
    fn read(n: u8) -> io::Result<u8> {
        if n == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(n) }
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(read(0).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!((read(1).unwrap(), read(1).unwrap()), (1, 1));
        assert_eq!(fixture.cache.stats().stored, 1);
    });
}

#[test]
fn only_some_is_stored() {
    #[cached]
    fn halved(n: u8) -> Option<u8> {
        (n % 2 == 0).then_some(n / 2)
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((halved(3), halved(3)), (None, None));
        assert_eq!((halved(4), halved(4)), (Some(2), Some(2)));
        let stats = fixture.cache.stats();
        assert_eq!((stats.stored, stats.fresh), (1, 1));
    });
}

#[test]
fn a_question_mark_and_an_early_return_end_the_computation_and_nothing_else() {
    #[cached]
    fn sum(a: &str, b: &str) -> Result<i32, std::num::ParseIntError> {
        if a == b {
            return Ok(2 * a.parse::<i32>()?);
        }
        Ok(a.parse::<i32>()? + b.parse::<i32>()?)
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert!(sum("1", "x").is_err());
        assert_eq!((sum("2", "2"), sum("2", "2"), sum("2", "3")), (Ok(4), Ok(4), Ok(5)));
        assert_eq!(fixture.cache.stats().stored, 2);
    });
}

type Fallible<T> = Result<T, String>;
type Maybe<T> = Option<T>;

#[test]
fn what_is_stored_of_an_alias_can_be_said() {
    #[cached(store = ok)]
    fn fallible(n: u8) -> Fallible<u8> {
        if n == 0 { Err("zero".into()) } else { Ok(n) }
    }
    #[cached(store = some)]
    fn maybe(n: u8) -> Maybe<u8> {
        (n > 0).then_some(n)
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((fallible(0), fallible(1)), (Err("zero".into()), Ok(1)));
        assert_eq!((maybe(0), maybe(1)), (None, Some(1)));
        assert_eq!(fixture.cache.stats().stored, 2);
    });
}

#[test]
fn nothing_can_be_worth_storing_too() {
    static COMPUTED: Count = Count::new();

    #[cached(store = always)]
    fn found(name: &str) -> Option<u64> {
        COMPUTED.up();
        name.strip_prefix("no").is_none().then_some(1)
    }
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!((found("nobody"), found("nobody")), (None, None));
        assert_eq!(COMPUTED.get(), 1, "that there is none was stored");
    });
}

#[test]
fn a_value_that_is_refreshed_in_vain_stays_as_it_is() {
    let timed = Timed::new();

    #[cached("page", cache = *timed, expire = 1h, ignore(timed, fails))]
    fn page(
        timed: &tagcache::Cache<tagcache::Postcard, tagcache_testkit::TestSys>,
        fails: bool,
    ) -> Result<u8, ()> {
        if fails { Err(()) } else { Ok(1) }
    }
    assert_eq!(page(&timed.cache, false), Ok(1));
    timed.world.clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(page(&timed.cache, true), Err(()));
    let hit = timed.cache.get_with("page", &Policy::new(), |_| 2u8);
    assert!(matches!(hit.source(), Source::Computed { .. }));
}
