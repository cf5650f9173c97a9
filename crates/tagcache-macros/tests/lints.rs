//! What the compiler says about a cached function, it would say about the same function without the attribute.
//!
//! Once every body of one line was told to have unnecessary braces, and taking them away broke the function. That this
//! file compiles is the test; `ui/lints.rs` has what must still be said.
#![deny(warnings, clippy::all)]

use tagcache::cached;

// Of one line, which is all that the compiler looks at.
#[rustfmt::skip]
mod of_one_line {
    use super::cached;

    #[cached] pub(crate) fn plain(x: u32) -> u32 { x }
    #[cached] pub(crate) fn fallible(x: u32) -> Result<u32, String> { Ok(x) }
    #[cached] pub(crate) fn optional(x: u32) -> Option<u32> { Some(x) }
    #[cached] pub(crate) async fn later(x: u32) -> u32 { x }
    #[cached] pub(crate) async fn later_fallible(x: u32) -> Result<u32, String> { Ok(x) }
    #[cached(tags = [x.to_string()])] pub(crate) fn tagged(x: u32) -> u32 { x }
    #[cached(tags = [x.to_string()])] pub(crate) async fn tagged_later(x: u32) -> u32 { x }
    #[cached(fill = fill)] pub(crate) fn filled(x: u32) -> u32 { if fill.will_store() { x } else { 0 } }
    #[cached(uncached = beside, refresh = anew)] pub(crate) fn with_siblings(x: u32) -> u32 { x }

    pub(crate) struct Shop;

    impl Shop {
        #[cached(ignore(self))] pub(crate) fn price(&self, x: u32) -> u32 { x }
        #[cached(ignore(self))] pub(crate) fn fallible(&self, x: u32) -> Result<u32, String> { Ok(x) }
        #[cached(ignore(self))] pub(crate) async fn later(&self, x: u32) -> u32 { x }
        #[cached(uncached = Self::beside)] pub(crate) fn by_itself(x: u32) -> u32 { x }
    }
}

#[test]
fn a_function_of_one_line_compiles_without_a_warning_and_gives_its_value() {
    use of_one_line::{Shop, anew, beside, fallible, filled, optional, plain, tagged, with_siblings};

    let ok = Ok::<u32, String>(7);
    assert_eq!((plain(7), tagged(7), with_siblings(7), beside(7), anew(7)), (7, 7, 7, 7, 7));
    assert_eq!((fallible(7), optional(7), filled(7)), (ok.clone(), Some(7), 0), "no cache is installed");
    assert_eq!((Shop.price(7), Shop.fallible(7), Shop::by_itself(7), Shop::beside(7)), (7, ok, 7, 7));
}

#[tokio::test]
async fn an_async_function_of_one_line_compiles_without_a_warning_and_gives_its_value() {
    use of_one_line::{Shop, later, later_fallible, tagged_later};

    assert_eq!((later(7).await, tagged_later(7).await, Shop.later(7).await), (7, 7, 7));
    assert_eq!(later_fallible(7).await, Ok(7));
}
