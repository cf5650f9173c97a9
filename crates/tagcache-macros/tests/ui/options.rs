//! Mistakes in the options.

use tagcache::cached;

#[cached("home", expires = 7d)]
fn unknown_option() -> u8 {
    1
}

#[cached("home", expire = 7)]
fn time_without_a_unit() -> u8 {
    1
}

#[cached("home", expire = 7y)]
fn unknown_unit() -> u8 {
    1
}

#[cached("home", expire = 1.5h)]
fn part_of_a_unit() -> u8 {
    1
}

#[cached("home", expire = "7d")]
fn time_in_quotes() -> u8 {
    1
}

#[cached("home", expire = 7d, expire = 8d)]
fn given_twice() -> u8 {
    1
}

#[cached("home", key = "home")]
fn two_keys() -> u8 {
    1
}

#[cached(expire = 7d, "home")]
fn key_not_first() -> u8 {
    1
}

#[cached("home", 7d)]
fn time_without_a_name() -> u8 {
    1
}

#[cached("home", expire = 7d, expire_at = TOMORROW)]
fn two_expiries() -> u8 {
    1
}

#[cached("home", cache = CACHE, codec = Raw)]
fn codec_beside_a_cache() -> u8 {
    1
}

#[cached("home", tags =)]
fn no_value() -> u8 {
    1
}

#[cached("home", store = some_of_them)]
fn unknown_choice() -> u8 {
    1
}

#[cached("home", uncached = "home_uncached")]
fn name_in_quotes() -> u8 {
    1
}

#[cached("home", retry_after = 1s)]
fn one_time_of_two() -> u8 {
    1
}

#[cached("home", ignore = request)]
fn not_in_parentheses(request: u8) -> u8 {
    request
}

fn main() {
    // The functions are still there: these calls add no errors.
    unknown_option();
    not_in_parentheses(1);
}
