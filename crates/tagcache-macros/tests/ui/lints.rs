//! Within the body every lint of the user holds, also the one that is not to speak of the body itself.
#![deny(warnings)]

use tagcache::cached;

#[cached]
fn nested(x: u32) -> u32 { { x } }

#[cached]
fn left_over(x: u32) -> u32 { let y = 1; x }

#[cached]
fn after_the_end(x: u32) -> u32 { return x; x }

fn main() {
    let _ = (nested(1), left_over(1), after_the_end(1));
}
