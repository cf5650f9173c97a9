//! A process to be looked at by `strace`: one operation after the other, each between two lines on standard error that
//! can be found again in the trace. Everything is done once before, so that nothing is counted that only the first
//! time needs.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};

use tagcache::{Cache, Policy, Postcard};
use tagcache_fs::{NameError, Tag};

fn main() -> Result<(), Box<dyn Error>> {
    let root = env::args_os().nth(1).ok_or("it takes a root")?;
    let cache = Cache::open(root)?;
    let tags = ["bio", "blog-new"];
    make_folders(&cache, &tags)?;
    let tagged = Policy::new().tags(tags);
    let value = String::from("<h1>My blog</h1>");
    for round in ["warm", "traced"] {
        let key = |name: &str| format!("{name}-{round}");
        // In one call, so that it is one line of the trace.
        let mark = |operation: &str| io::stderr().write_all(format!("{round} {operation}\n").as_bytes());
        // So that the folders of the key are there, too.
        cache.put(key("page"), &value, &tagged)?;
        cache.invalidate_key(key("page"))?;

        mark("put")?;
        cache.put(key("page"), &value, &tagged)?;
        mark("hit")?;
        let hit = cache.get::<String>(key("page"))?;
        mark("miss")?;
        let miss = cache.get::<String>(key("nothing"))?;
        mark("done")?;
        if hit.is_none() || miss.is_some() {
            return Err("a hit and a miss were to be traced, and it was something else".into());
        }
    }
    Ok(())
}

/// All folders in which a link of these tags may come to lie: which it is hangs on the inode number. What a put needs
/// to make them is another budget.
fn make_folders(cache: &Cache<Postcard>, tags: &[&str]) -> Result<(), Box<dyn Error>> {
    for tag in tags.iter().map(Tag::new).collect::<Result<Vec<_>, NameError>>()? {
        let folder = cache.root().path().join(tag.path().to_str()?);
        for bucket in 0..100 {
            fs::create_dir_all(folder.join(format!("{bucket:02}")))?;
        }
    }
    Ok(())
}
