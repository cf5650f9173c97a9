//! The expansion sees nothing of the user's names, and the user's code nothing of its own.
#![deny(warnings, clippy::all, clippy::pedantic, missing_docs)]
#![no_implicit_prelude]

use ::std::assert_eq;
use ::std::string::String;
use ::tagcache as renamed;

mod tagcache {
    //! Not the crate.
}

/// Shadows what the prelude has.
#[allow(dead_code)]
enum Option {
    Some,
    None,
}

#[allow(dead_code, non_snake_case)]
fn Some(_: u8) {}

macro_rules! here {
    () => {
        ::std::concat!("of the ", "test")
    };
}

/// Arguments and options with the names that an expansion might use.
///
/// # Errors
/// Never.
#[renamed::cached(crate = renamed, when = cache == 0, tags = [context], fill = fill, expire = 1h, uncached = other)]
#[must_use = "it was expensive"]
pub fn busy(
    mode: u8,
    call: u8,
    cache: u8,
    context: &str,
    key: &str,
    r#type: u8,
) -> ::core::result::Result<String, ()> {
    fill.add_tag(key);
    ::core::result::Result::Ok(
        ::std::format!("{mode}{call}{cache}{context}{key}{type} {}", here!(), type = r#type),
    )
}

/// Borrows with and without names, and parameters of every kind.
#[renamed::cached(ignore(left), include(LENGTH))]
#[inline]
pub fn generic<'a, T, const LENGTH: usize>(
    left: &'a [T; LENGTH],
    right: &str,
    extra: impl renamed::KeyPart + 'a,
) -> usize
where
    T: ::core::marker::Copy + ::core::convert::Into<u64> + 'a,
{
    let _ = extra;
    left.len() + right.len()
}

#[test]
fn names_of_the_user_and_of_the_expansion_do_not_meet() {
    let dir = ::tempfile::tempdir().unwrap();
    let cache = renamed::Cache::open(dir.path()).unwrap();
    renamed::with_installed(&cache, || {
        let twice = (busy(1, 2, 0, "x", "y", 5), busy(1, 2, 0, "x", "y", 5));
        assert_eq!(twice.0.as_deref(), ::core::result::Result::Ok("120xy5 of the test"));
        assert_eq!(twice.0, twice.1);
        assert_eq!(other(1, 2, 0, "x", "y", 5), twice.0);
        assert_eq!(generic(&[1u8, 2], "abc", (7u8, "x")), 5);
        assert_eq!(cache.stats().computed, 2);
        assert_eq!(cache.invalidate_tag("x").unwrap(), 1, "a tag of the attribute");
    });
}
