//! The keys and tags that are played with: few, so that everybody meets, and of both kinds of name.

/// The bytes of a key. Some are too long to stand in the tree as they are.
pub(crate) fn key(number: u16) -> Vec<u8> {
    name("key", number)
}

/// The bytes of a tag.
pub(crate) fn tag(number: u16) -> Vec<u8> {
    name("tag", number)
}

fn name(kind: &str, number: u16) -> Vec<u8> {
    let padding = if number % 5 == 4 { 200 } else { 0 };
    format!("{kind}/../{number}\n{}", "x".repeat(padding)).into_bytes()
}
