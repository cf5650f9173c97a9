//! Raw bytes with tags, and nothing else: what `tagcache-fs` does by itself.
//!
//! ```sh
//! cargo run -p tagcache-fs --example raw_bytes
//! ```
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::time::Duration;

use tagcache_fs::sys::Env;
use tagcache_fs::{Key, Root, Tag};

/// The bytes under a key, if they may be served. Who stored them kept the number of links, and hands it in.
fn read(root: &Root, key: &Key, links: u64) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
    let Some(entry) = root.entry(key)?.into_entry() else { return Ok(None) };
    if !entry.meta().is_fresh(links, root.sys().now()) {
        println!("refused: {:?}, {} of {links} names", entry.meta().standing(links), entry.meta().links);
        return Ok(None);
    }
    let mut bytes = Vec::new();
    entry.read(&mut bytes, entry.meta().size)?;
    Ok(Some(bytes))
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let root = Root::open(dir.path())?;
    let thumbnail = Key::new("photo/42/thumbnail")?;
    let (photo, style) = (Tag::new("photo/42")?, Tag::new("style")?);

    // 1. Publish. The mark comes before the work, so that an invalidation during the work is not missed.
    let mark = root.mark()?;
    let bytes = b"\x89PNG, let us say".to_vec();
    let mut draft = root.draft(&thumbnail, mark)?;
    draft.reserve(bytes.len() as u64)?;
    draft.write(&bytes)?;
    let in_an_hour = root.sys().now().after(Duration::from_secs(3600));
    let stamped = draft.stamp(in_an_hour)?;
    let published = stamped.link(&[photo, style.clone()])?.check()?.publish()?;
    let links = published.links();
    drop(published);
    println!("published {} bytes at {} with {links} names", bytes.len(), thumbnail.path().to_string_lossy());
    assert_eq!(links, 3, "its key and two tags");

    // 2. Read, as any process on this machine may.
    let found = read(&root, &thumbnail, links)?;
    assert_eq!(found.as_deref(), Some(&bytes[..]));
    println!("read the same {} bytes", bytes.len());

    // 3. The style changed: whatever was made with it is no longer true.
    let touched = root.invalidate_tags(&[style])?;
    assert_eq!(touched.links, 1);
    println!("removed the tag from {} entry", touched.links);

    // 4. The bytes are still there, and are not served.
    assert!(root.entry(&thumbnail)?.into_entry().is_some());
    assert_eq!(read(&root, &thumbnail, links)?, None);
    Ok(())
}
