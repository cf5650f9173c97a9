//! Types that do not fit, as the compiler reports them.

use serde::{Deserialize, Serialize};
use tagcache::cached;

struct Request {
    path: String,
}

#[cached]
fn argument_that_is_no_part_of_a_key(request: &Request) -> String {
    request.path.clone()
}

#[cached(key = id)]
fn key_that_is_no_bytes(id: u64) -> u64 {
    id
}

struct Unstorable;

#[cached]
fn value_that_cannot_be_stored() -> Unstorable {
    Unstorable
}

#[derive(Serialize, Deserialize)]
struct Unclonable;

#[cached]
fn value_that_cannot_be_shared() -> Unclonable {
    Unclonable
}

#[cached(tags = [7])]
fn tag_that_is_no_text() -> u8 {
    1
}

#[cached(expire = HOUR)]
fn time_that_is_none() -> u8 {
    1
}

const HOUR: u64 = 3600;

fn main() {}
