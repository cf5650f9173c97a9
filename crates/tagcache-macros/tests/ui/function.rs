//! Things that cannot be cached.

use tagcache::cached;

#[cached]
fn nothing() {}

#[cached]
fn unit() -> () {}

#[cached]
fn never() -> ! {
    loop {}
}

#[cached]
fn borrowed(text: &str) -> &str {
    text
}

#[cached]
fn unnamed() -> impl Iterator<Item = u8> {
    [1].into_iter()
}

#[cached]
const fn constant() -> u8 {
    1
}

#[cached]
struct Page;

trait Render {
    #[cached]
    fn without_a_body(&self) -> u8;
}

fn main() {}
