//! Keys that leave something out.

use tagcache::cached;

#[cached("post")]
fn constant_key(id: u64) -> u64 {
    id
}

#[cached(format!("post/{id}"))]
fn one_of_two(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

#[cached(key = ("post", id), ignore(lnag))]
fn nothing_to_ignore(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

#[cached(key = ("post", id), include(id))]
fn included_beside_a_key(id: u64) -> u64 {
    id
}

struct Post {
    id: u64,
}

impl Post {
    #[cached(expire = 7d)]
    fn what_of_self(&self) -> u64 {
        self.id
    }
}

#[cached("post/{id}")]
fn text_that_nobody_formats(id: u64) -> u64 {
    id
}

fn main() {}
