//! The functions beside a cached one: uncached, and refreshing.

mod common;

use tagcache::cached;

use common::{Count, Fixture};

static COMPUTED: Count = Count::new();

/// A page.
#[cached(uncached = page_uncached)]
fn page(id: u8) -> String {
    format!("{id}, computation {}", COMPUTED.up())
}

#[test]
fn the_uncached_sibling_neither_reads_nor_stores() {
    let fixture = Fixture::new();
    fixture.run(|| {
        let first = page(1);
        assert_ne!(page_uncached(1), first);
        assert_eq!(page(1), first);
        assert_eq!(fixture.cache.stats().computed, 1, "the cache knows of one");
    });
}

#[cached("feed", uncached = feed_now, refresh = refresh_feed, fill = fill)]
fn feed() -> Option<String> {
    Some(fill.why().map_or_else(|| "uncached".into(), ToString::to_string))
}

#[test]
fn the_refreshing_sibling_computes_anew_and_stores() {
    let fixture = Fixture::new();
    fixture.run(|| {
        assert_eq!(feed().as_deref(), Some("missing: absent"));
        assert_eq!(refresh_feed().as_deref(), Some("forced"));
        assert_eq!(feed().as_deref(), Some("forced"), "which is what the others are given now");
        assert_eq!(feed_now().as_deref(), Some("uncached"));
    });
}

#[test]
fn siblings_change_no_key() {
    let fixture = Fixture::new();
    fixture.run(|| {
        page(1);
        assert!(fixture.cache.get::<String>("siblings::page(1)").unwrap().is_some());
        Shop::<u8>::name(1);
        assert!(fixture.cache.get::<String>("siblings::Shop<u8>::name(1)").unwrap().is_some());
    });
}

struct Shop<T> {
    prices: Vec<T>,
}

impl<T: Copy + Into<u64>> Shop<T> {
    #[cached(include(self.prices.len()), uncached = total_uncached)]
    fn total(&self, (fee, _): (u64, u8), mut rounds: u8) -> Option<u64> {
        rounds += 1;
        let sum: u64 = self.prices.iter().map(|&price| price.into()).sum();
        Some((sum + fee) * u64::from(rounds))
    }

    #[cached(uncached = Self::name_uncached)]
    fn name(id: u8) -> String {
        format!("shop {id}")
    }

    #[cached("taken", uncached = taken_uncached)]
    fn taken(mut self) -> u64 {
        self.prices.pop().map_or(0, Into::into)
    }

    #[cached("shared", uncached = shared_uncached)]
    fn shared(self: &std::rc::Rc<Self>) -> usize {
        std::rc::Rc::strong_count(self)
    }

    #[cached(ignore(self), uncached = counted_uncached)]
    fn counted(&mut self, price: T) -> usize
    where
        T: tagcache::KeyPart,
    {
        self.prices.push(price);
        self.prices.len()
    }
}

#[test]
fn methods_have_siblings_too() {
    let fixture = Fixture::new();
    let mut shop = Shop { prices: vec![1u8, 2, 3] };
    fixture.run(|| {
        assert_eq!((shop.total((4, 0), 1), shop.total((4, 1), 1)), (Some(20), Some(20)));
        assert_eq!(shop.total_uncached((4, 0), 2), Some(30));
        assert_eq!((Shop::<u8>::name(1), Shop::<u8>::name_uncached(1)), ("shop 1".into(), "shop 1".into()));
        assert_eq!((shop.counted(9), shop.counted(9), shop.counted_uncached(9)), (4, 4, 5));
        assert_eq!((shop.taken(), Shop { prices: vec![7u8] }.taken_uncached()), (9, 7));
        let shop = std::rc::Rc::new(Shop { prices: vec![1u8] });
        assert_eq!((shop.shared(), shop.shared_uncached()), (1, 1));
    });
}

#[cached(uncached = size_uncached)]
fn size<T, const TIMES: usize>(_: impl Sized) -> usize {
    size_of::<T>() * TIMES
}

#[test]
fn parameters_that_no_argument_shows_are_handed_on() {
    let fixture = Fixture::new();
    fixture.run(|| assert_eq!((size::<u32, 2>('x'), size_uncached::<u32, 3>('x')), (8, 12)));
}

mod library {
    #[tagcache::cached(uncached = answer_uncached)]
    pub(crate) fn answer() -> u8 {
        42
    }

    #[tagcache::cached(uncached = gone_uncached)]
    #[cfg(any())]
    pub(crate) fn gone() -> u8 {
        compile_error!("this is not compiled")
    }
}

#[test]
fn a_sibling_is_as_visible_as_the_function() {
    assert_eq!((library::answer(), library::answer_uncached()), (42, 42));
}
