//! A blog whose pages are cached functions: the shortest way to use this crate.
//!
//! ```text
//! cargo run --example decorated --features macros
//! ```
//!
//! Each function says beside its name for how long its value lives and which tags it has. Whoever changes something says
//! which tag that concerns, and need not know which pages there are.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tagcache::{Cache, cached};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    title: String,
    html: String,
}

/// The posts and the bio, one file each.
struct Blog {
    folder: PathBuf,
}

impl Blog {
    /// One page, whose key has a name of its own; it shows the bio and the newest posts.
    #[cached("blog-home", expire = 7d, tags = ["blog-new", "bio"], uncached = home_preview)]
    fn home(&self) -> io::Result<Page> {
        let bio = fs::read_to_string(self.folder.join("bio"))?;
        let posts = self.slugs()?.join(", ");
        Ok(page("home", &format!("{bio} wrote {posts}")))
    }

    /// One page per post. There is one blog, so the key says nothing of `self`.
    #[cached(ignore(self), expire = 7d, tags = [format!("post/{slug}")], fill = fill)]
    fn post(&self, slug: &str) -> io::Result<Page> {
        let text = fs::read_to_string(self.folder.join("posts").join(slug))?;
        if text.starts_with("DRAFT") {
            fill.decline(); // not worth keeping
        }
        Ok(page(slug, &text))
    }

    fn slugs(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(self.folder.join("posts"))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut slugs = names.collect::<io::Result<Vec<_>>>()?;
        slugs.sort_unstable();
        Ok(slugs)
    }
}

fn page(title: &str, body: &str) -> Page {
    println!("    (rendering {title})");
    Page { title: title.into(), html: format!("<h1>{title}</h1><p>{body}</p>") }
}

fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let blog = Blog { folder: dir.path().join("blog") };
    write_some_posts(&blog.folder)?;

    println!("Before a cache is installed every call computes");
    assert_eq!(blog.home()?, blog.home()?);
    println!("  calls without a cache: {}", tagcache::calls_without_cache());

    let cache = Cache::open(dir.path().join("cache"))?;
    tagcache::install(cache.clone())?;

    println!("From now on each page is rendered once");
    for _ in 0..3 {
        blog.home()?;
        blog.post("bread")?;
    }

    println!("The bio changes, and one word says so");
    fs::write(blog.folder.join("bio"), "Wren, a baker,")?;
    cache.invalidate_tag("bio")?;
    assert!(blog.home()?.html.contains("a baker"));
    blog.post("bread")?;

    println!("A draft is rendered each time, and an error is not kept");
    for _ in 0..2 {
        blog.post("cake")?;
    }
    assert_eq!(blog.post("pie").map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
    fs::write(blog.folder.join("posts/pie"), "Apples.")?;
    assert!(blog.post("pie")?.html.contains("Apples"));

    println!("A preview of the home page shows the new post, which the cached one does not yet");
    assert!(blog.home_preview()?.html.contains("pie"));
    assert!(!blog.home()?.html.contains("pie"));
    cache.invalidate_tag("blog-new")?;
    assert!(blog.home()?.html.contains("pie"));

    println!("\n{:#?}", cache.stats());
    Ok(())
}

fn write_some_posts(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("posts"))?;
    fs::write(folder.join("bio"), "Wren, a cook,")?;
    fs::write(folder.join("posts/bread"), "Flour, water, salt.")?;
    fs::write(folder.join("posts/cake"), "DRAFT: eggs?")
}
