//! The picture that the project descends from: where an entry and its links lie, and what their inode says.

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use tagcache::{Layout, Policy};
use tagcache_testkit::folders;

use common::{Fixture, LAYOUT, text};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[test]
fn the_home_page_of_the_blog_lies_where_the_seed_drew_it() {
    let fixture = Fixture::new();
    let policy = Policy::new().tags(["blog-new", "bio"]).expire_in(WEEK);
    let expiry = fixture.world.clock.now().after(WEEK);
    fixture.cache.get_with("blog-home", &policy, |_| text("<h1>My blog</h1>"));

    let key = match LAYOUT {
        Layout::Compact => "ae/key:626c6f672d686f6d65",
        _ => "ae/08/key:626c6f672d686f6d65",
    };
    let entry = fixture.path().join("data").join(key);
    let inode = fs::metadata(&entry).unwrap();
    let name = format!("3:{}", inode.ino());
    let bucket = &name[name.len() - 2..];
    let links = match LAYOUT {
        Layout::Compact => [format!("18/tag:62696f/{name}"), format!("37/tag:626c6f672d6e6577/{name}")],
        _ => [
            format!("18/ae/tag:62696f/{bucket}/{name}"),
            format!("37/64/tag:626c6f672d6e6577/{bucket}/{name}"),
        ],
    };
    assert_eq!(fixture.files("data"), [&links[0], &links[1], key]);
    for link in links {
        assert_eq!(fs::metadata(fixture.path().join("data").join(link)).unwrap().ino(), inode.ino());
    }
    assert_eq!(inode.nlink(), 3, "its key and two tags");
    assert_eq!(inode.mode() & 0o777, 0o600, "for its owner only");
    assert_eq!(inode.modified().unwrap(), expiry.into(), "fresh until then");
    assert!(fixture.files("tmp").is_empty() && fixture.files("locks").is_empty());
    assert_eq!(fixture.files(""), {
        let mut all: Vec<_> = fixture.files("data").iter().map(|file| format!("data/{file}")).collect();
        all.extend(["CACHEDIR.TAG", "log", "tagcache.format"].map(text));
        all.sort();
        all
    });
}

#[test]
fn all_that_stays_of_a_tag_that_was_invalidated_is_its_shard() {
    let fixture = Fixture::new();
    fixture.cache.put("blog-home", &text("page"), &Policy::new().tag("bio")).unwrap();
    fixture.cache.invalidate_tag("bio").unwrap();
    let left: &[&str] = match LAYOUT {
        Layout::Compact => &["18", "ae"],
        _ => &["18", "18/ae", "ae", "ae/08"],
    };
    assert_eq!(folders(fixture.path().join("data")).unwrap(), left);
    assert_eq!(fs::metadata(fixture.entry("blog-home")).unwrap().mtime(), 0, "the poison");
}
