//! Tags that are paths: `org/7/user/9` lies under `org/7`, and one call takes everything under `org/7`.
//!
//! Every level is a tag of its own, written with a slash behind it: an entry with the path `org/7/user/9` has the tags
//! `org/`, `org/7/` and `org/7/user/` besides that of the path itself. So what holds for a tag holds for a level, also
//! while an entry is being computed, and nobody looks through the tags that there are.

/// A path without the slashes at its end: they change nothing.
fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    &path[..end]
}

/// The tags of an entry that has this path: each level above it with its slash, outermost first, and the path itself.
pub(crate) fn tags(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let path = trimmed(path);
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(slash, _)| &path[..=slash]).chain([path])
}

/// The two tags by which whatever is at this path or under it is found: the path, and its level.
pub(crate) fn under(path: &[u8]) -> [Vec<u8>; 2] {
    let path = trimmed(path).to_vec();
    let mut level = path.clone();
    level.push(b'/');
    [path, level]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags_of(path: &str) -> Vec<&str> {
        tags(path.as_bytes()).map(|tag| std::str::from_utf8(tag).unwrap()).collect()
    }

    #[test]
    fn each_level_is_a_tag_with_its_slash_and_the_path_is_one_without() {
        assert_eq!(tags_of("org/7/user/9"), ["org/", "org/7/", "org/7/user/", "org/7/user/9"]);
        assert_eq!(tags_of("org"), ["org"]);
    }

    #[test]
    fn a_slash_at_the_end_changes_nothing_and_any_other_is_a_level() {
        assert_eq!(tags_of("org/7//"), tags_of("org/7"));
        assert_eq!(tags_of("/a//b"), ["/", "/a/", "/a//", "/a//b"]);
        assert_eq!(under(b"org/7/"), under(b"org/7"));
    }

    #[test]
    fn nothing_but_slashes_is_no_path() {
        assert_eq!(tags_of("//"), [""]);
        assert_eq!(under(b"/"), [b"".to_vec(), b"/".to_vec()]);
    }

    #[test]
    fn what_is_under_a_path_has_one_of_its_two_tags_and_nothing_else_has() {
        let paths = ["org", "org/7", "org/77", "org/7/user", "org/7/user/9", "organ/7", "x/org/7"];
        for (path, expected) in [
            ("org", &["org", "org/7", "org/77", "org/7/user", "org/7/user/9"][..]),
            ("org/7", &["org/7", "org/7/user", "org/7/user/9"]),
            ("org/7/user/9", &["org/7/user/9"]),
            ("organ", &["organ/7"]),
        ] {
            let wanted = under(path.as_bytes());
            let has =
                |path: &&str| tags(path.as_bytes()).any(|tag| wanted.iter().any(|wanted| wanted == tag));
            assert_eq!(paths.into_iter().filter(has).collect::<Vec<_>>(), expected, "under {path}");
        }
    }
}
