//! Pages: exact, or nothing.

use tagcache_torture::page::Page;

fn page() -> Page {
    Page { key: 3, by: 16, ticket: 99, fresh_until: u64::MAX, tags: vec![(0, 0), (2, 71)], filler: 21 }
}

#[test]
fn a_page_is_read_as_it_was_printed() {
    for filler in [0, 1, 7, 8, 9, 5000] {
        let page = Page { filler, ..page() };
        assert_eq!(Page::parse(&page.print()), Some(page));
    }
}

#[test]
fn a_page_with_another_byte_or_length_is_another_page_or_none() {
    let bytes = page().print();
    for index in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[index] ^= 1;
        assert_ne!(Page::parse(&flipped), Some(page()), "byte {index} should count");
        assert_eq!(Page::parse(&bytes[..index]), None, "cut at {index}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Page::parse(&longer), None);
}

#[test]
fn no_two_tickets_fill_a_page_with_the_same_bytes() {
    let (one, other) = (page().print(), Page { ticket: 100, ..page() }.print());
    assert_eq!(one.len(), other.len());
    assert_ne!(one[one.len() - 21..], other[other.len() - 21..]);
}

#[test]
fn a_length_that_promises_more_than_there_is_costs_no_memory() {
    let mut bytes = page().print();
    // The number of tags stands behind magic, key, writer, ticket, time and filler.
    bytes[34..42].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(Page::parse(&bytes), None);
}
